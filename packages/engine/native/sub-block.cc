// A sub-block of the residual block as one operation of TensorFlow, and its gradient as another.
//
//   inner = relu(x F1 + b1), or relu(x + b1) where x has been convolved already    [positions, channels]
//   outer = relu(inner F2 + b2)
//   y     = skip, widened by channels of zeros, + outer
//
// The filters are those of 1x1 convolutions; with two of them, skip is x. TensorFlow's own operations pass over whole maps
// many times where these read each map once and write each once.
//
// Sums over positions are made in parts whose number does not depend on the threads, and added in order: the same bits come
// out however many threads there are.

#if defined(__x86_64__)

#include "tensorflow-op.h"
#include "tiles.h"
#include "workers.h"

namespace autoregseg {

struct Forward {
  size_t positions;
  int filters, inputChannels, skipChannels, channels;
  const float *x, *skip, *biases[2], *packed[2];
  float *y, *inner;  // The latter and the marks are null where no gradient will ask for them.
  char* reached;
};

struct Backward {
  size_t positions;
  int filters, inputChannels, channels;
  const float *dy, *inner, *x, *packed[2];
  const char* reached;
  float* dx;
};

struct Sums {
  float *filters[2], *biases[2];
};

// Calls each(first position, rows) for tiles of nearly equal size.
template <typename Each>
static void forTiles(size_t from, size_t to, Each each) {
  const size_t tiles = (to - from + TILE - 1) / TILE;
  for (size_t tile = 0; tile < tiles; tile++) {
    const size_t first = from + (to - from) * tile / tiles, next = from + (to - from) * (tile + 1) / tiles;
    each(first, static_cast<int>(next - first));
  }
}

}  // namespace autoregseg

#define BODY "sub-block.h"
#include "for-each-instruction-set.h"

namespace autoregseg {

struct SubBlockKernels {
  int panel;
  decltype(&avx2::packFilters) pack;
  decltype(&avx2::forward) forward;
  decltype(&avx2::backward) backward;
};

static const SubBlockKernels& kernels() {
  static const SubBlockKernels wide = {avx512::PANEL, avx512::packFilters, avx512::forward, avx512::backward};
  static const SubBlockKernels narrow = {avx2::PANEL, avx2::packFilters, avx2::forward, avx2::backward};
  return instructionSet() == InstructionSet::avx512 ? wide : narrow;
}

static const char* MISFIT = "maps, filters and biases must fit";

static void checkChannels(std::initializer_list<int> counts) {
  for (const int count : counts) check(count > 0 && count % kernels().panel == 0, "channels must be a multiple of 32");
}

static std::vector<float> packed(const Tensor& filter, int inputs, int columns, bool transposed) {
  check(sizeOf(filter.shape) == static_cast<size_t>(inputs) * columns, MISFIT);
  std::vector<float> panels(sizeOf(filter.shape));
  kernels().pack({filter.data}, inputs, columns, transposed, panels.data());
  return panels;
}

// x, skip, both biases, N filters -> y, inner, and where outer is above 0; the last two are empty unless kept.
class SubBlock {
 public:
  explicit SubBlock(Construction& construction)
      : filters_(construction.integer("N")), keep_(construction.boolean("keep")) {}

  void compute(Call& call) const {
    const Tensor x = call.input(0), skip = call.input(1), biases[2] = {call.input(2), call.input(3)};
    const int channels = biases[1].channels();
    const size_t positions = x.positions();
    check(filters_ == 1 || filters_ == 2, "there must be one filter or two");
    checkChannels({x.channels(), skip.channels(), channels});
    const bool fit = skip.positions() == positions && skip.channels() <= channels && biases[0].channels() == channels &&
                     (filters_ == 2 || x.channels() == channels);
    check(fit, MISFIT);
    std::vector<float> panels[2];
    for (int index = 0; index < filters_; index++)
      panels[index] = packed(call.input(4 + index), index == filters_ - 1 ? channels : x.channels(), channels, false);
    const Shape shape = x.withChannels(channels), kept = keep_ ? shape : Shape{0};
    float* y = call.output(0, shape);
    float* inner = call.output(1, kept);
    char* reached = call.booleanOutput(2, kept);
    const Forward pass = {positions,
                          filters_,
                          x.channels(),
                          skip.channels(),
                          channels,
                          x.data,
                          skip.data,
                          {biases[0].data, biases[1].data},
                          {panels[0].data(), panels[1].data()},
                          y,
                          keep_ ? inner : nullptr,
                          keep_ ? reached : nullptr};
    const int parts = partsOf(positions, 2 * TILE, 64);
    Workers::instance().run(
        parts, [&](int part) { kernels().forward(pass, positions * part / parts, positions * (part + 1) / parts); });
  }

 private:
  const int filters_;
  const bool keep_;
};

// dy, where outer is above 0, N inputs of the filters, N filters -> dx, slopes of both biases, slopes of N filters
class SubBlockGrad {
 public:
  explicit SubBlockGrad(Construction& construction) : filters_(construction.integer("N")) {}

  void compute(Call& call) const {
    check(filters_ == 1 || filters_ == 2, "there must be one filter or two");
    const Tensor dy = call.input(0), reached = call.input(1), x = call.input(2), inner = call.input(1 + filters_);
    const int channels = dy.channels(), inputs = x.channels();
    const size_t positions = dy.positions();
    checkChannels({channels, inputs});
    const bool fit = reached.shape == dy.shape && inner.shape == dy.shape && x.positions() == positions && inputs <= channels;
    check(fit, MISFIT);
    // Slopes lie one after the other: of the biases, then of the filters.
    std::vector<size_t> offsets = {0};
    std::vector<float*> slopes;
    std::vector<float> panels[2];
    const auto addSlope = [&](const Shape& shape) {
      slopes.push_back(call.output(1 + static_cast<int>(slopes.size()), shape));
      offsets.push_back(offsets.back() + sizeOf(shape));
    };
    for (int index = 0; index < 2; index++) addSlope({channels});
    for (int index = 0; index < filters_; index++) {
      const Tensor filter = call.input(2 + filters_ + index);
      panels[index] = packed(filter, channels, index == filters_ - 1 ? channels : inputs, true);
      addSlope(filter.shape);
    }
    const Backward pass = {positions,
                           filters_,
                           inputs,
                           channels,
                           dy.data,
                           inner.data,
                           x.data,
                           {panels[0].data(), panels[1].data()},
                           reinterpret_cast<const char*>(reached.data),
                           call.output(0, x.shape)};
    const size_t size = offsets.back();
    // Each part's sums cost as much as some hundred positions.
    const int parts = partsOf(positions, 12 * TILE, 16);
    float* sums = memoryOf<Purpose::sums>(size * parts);
    Workers::instance().run(parts, [&](int part) {
      float* own = sums + size * part;
      std::memset(own, 0, size * sizeof(float));
      const Sums into = {{own + offsets[2], own + offsets[offsets.size() - 2]}, {own, own + offsets[1]}};
      kernels().backward(pass, positions * part / parts, positions * (part + 1) / parts, into);
    });
    Workers::instance().run(parts, [&](int share) {
      for (size_t slope = 0; slope < slopes.size(); slope++) {
        const size_t count = offsets[slope + 1] - offsets[slope];
        addUp(sums + offsets[slope], size, parts, count * share / parts, count * (share + 1) / parts, slopes[slope]);
      }
    });
  }

 private:
  const int filters_;
};

// When the addon is loaded.
static const bool registered = [] {
  if (instructionSet() == InstructionSet::none) return false;
  registerOp<SubBlock>("AutoregsegSubBlock", {"x: T", "skip: T", "first_bias: T", "second_bias: T", "filters: N * T"},
                       {"y: T", "inner: T", "reached: bool"}, {"N: int >= 1", "keep: bool"});
  registerOp<SubBlockGrad>("AutoregsegSubBlockGrad", {"dy: T", "reached: bool", "inputs: N * T", "filters: N * T"},
                           {"dx: T", "first_bias_slope: T", "second_bias_slope: T", "filter_slopes: N * T"},
                           {"N: int >= 1"});
  return true;
}();

}  // namespace autoregseg

#endif

// The convolution that a mask leaves: of stride 1, zeros outside the map, over the taps that are used and no others.
//
//   y[n, r, c] = sum over taps t of x[n, r + row(t), c + column(t)] F[index(t)]
//
// TensorFlow's own would multiply what is masked by zeros, of a map that is padded in a pass of its own.
//
// The gradient in x is the same with the offsets turned round and the filter transposed. That in the filter is summed in
// parts whose number does not depend on the threads, and added in order: the same bits come out however many threads there are.

#if defined(__x86_64__)

#include "tensorflow-op.h"
#include "tiles.h"
#include "workers.h"

namespace autoregseg {

struct Tap {
  int index, row, column;
};

// The taps that are used, and the rectangle that holds them.
struct Taps {
  std::vector<Tap> list;
  int top = 0, bottom = 0, left = 0, right = 0;

  // [index, row, column, index, row, ...]
  explicit Taps(const std::vector<int32_t>& numbers, bool turned) {
    const int sign = turned ? -1 : 1;
    for (size_t at = 0; at + 2 < numbers.size(); at += 3) {
      const Tap tap = {numbers[at], sign * numbers[at + 1], sign * numbers[at + 2]};
      const bool first = list.empty();
      top = first ? tap.row : std::min(top, tap.row);
      bottom = first ? tap.row : std::max(bottom, tap.row);
      left = first ? tap.column : std::min(left, tap.column);
      right = first ? tap.column : std::max(right, tap.column);
      list.push_back(tap);
    }
  }

  int height() const { return bottom - top; }
  int width() const { return right - left; }
  // Where a tap lies in a tile that begins at the first tap of all.
  ptrdiff_t place(const Tap& tap, int columns) const { return (tap.row - top) * columns + tap.column - left; }
};

// A rectangle of one map.
struct Strip {
  int map, row, column, rows, columns;
};

struct MapSize {
  int maps, height, width;
  size_t positions() const { return static_cast<size_t>(maps) * height * width; }
  size_t position(const Strip& strip) const {
    return (static_cast<size_t>(strip.map) * height + strip.row) * width + strip.column;
  }
};

struct Convolution {
  const Taps& taps;
  MapSize size;
  int inputs, outputs;
  const float *x, *packed;
  float* y;
};

// About so many positions each, whole rows where they are not longer than that.
static std::vector<Strip> stripsOf(const MapSize& size, int positions) {
  const int across = (size.width + positions - 1) / positions;
  const int rows = std::max(1, positions / std::max(1, size.width / across));
  std::vector<Strip> strips;
  for (int map = 0; map < size.maps; map++)
    for (int row = 0; row < size.height; row += rows)
      for (int part = 0; part < across; part++) {
        const int from = size.width * part / across, to = size.width * (part + 1) / across;
        strips.push_back({map, row, from, std::min(rows, size.height - row), to - from});
      }
  return strips;
}

// What the taps see of x from the strip, zeros outside the map included.
static void copySurroundings(const Convolution& pass, const Strip& strip, Map tile) {
  const Taps& taps = pass.taps;
  const MapSize& size = pass.size;
  const int columns = strip.columns + taps.width(), rows = strip.rows + taps.height();
  const int left = strip.column + taps.left;
  const int first = std::min(columns, std::max(0, -left)), last = std::max(first, std::min(columns, size.width - left));
  const auto clear = [&](ptrdiff_t position, int count) {
    for (int j = 0; j < pass.inputs; j += SLAB)
      for (int index = 0; index < count; index++)
        std::memset(tile.at(position + index, j), 0, std::min(SLAB, pass.inputs - j) * sizeof(float));
  };
  for (int row = 0; row < rows; row++) {
    const ptrdiff_t position = static_cast<ptrdiff_t>(row) * columns;
    const int from = strip.row + taps.top + row;
    if (from < 0 || from >= size.height) {
      clear(position, columns);
      continue;
    }
    clear(position, first);
    const Strip line = {strip.map, from, left + first, 1, last - first};
    if (last > first) {
      const Map to = {tile.at(position + first, 0), tile.row, tile.slab};
      copy(mapOf(pass.x, pass.inputs, size.position(line)), last - first, pass.inputs, to);
    }
    clear(position + last, columns - last);
  }
}

}  // namespace autoregseg

#define BODY "tap-convolution.h"
#include "for-each-instruction-set.h"

namespace autoregseg {

struct TapKernels {
  int panel;
  decltype(&avx2::packFilters) pack;
  decltype(&avx2::convolve) convolve;
  decltype(&avx2::addFilterSlope) addFilterSlope;
};

static const TapKernels& kernels() {
  static const TapKernels wide = {avx512::PANEL, avx512::packFilters, avx512::convolve, avx512::addFilterSlope};
  static const TapKernels narrow = {avx2::PANEL, avx2::packFilters, avx2::convolve, avx2::addFilterSlope};
  return instructionSet() == InstructionSet::avx512 ? wide : narrow;
}

static void checkOperands(const Tensor& x, const Taps& taps, int filterTaps, std::initializer_list<int> channels) {
  check(x.shape.size() == 4 && sizeOf(x.shape) > 0, "maps must be [N,H,W,C], none of them 0");
  for (const int count : channels) check(count > 0 && count % kernels().panel == 0, "channels must be a multiple of 32");
  check(!taps.list.empty(), "there must be taps, each an index, a row and a column");
  for (const Tap& tap : taps.list) check(tap.index >= 0 && tap.index < filterTaps, "taps must be of the filter");
}

static MapSize sizeOfMaps(const Tensor& x) {
  return {static_cast<int>(x.shape[0]), static_cast<int>(x.shape[1]), static_cast<int>(x.shape[2])};
}

// x [N,H,W,C], filter [kh,kw,C,D] -> y [N,H,W,D]; transposed: x [N,H,W,D] -> [N,H,W,C]
class TapConvolution {
 public:
  explicit TapConvolution(Construction& construction)
      : transposed_(construction.boolean("transposed")), taps_(construction.integers("taps"), transposed_) {}

  void compute(Call& call) const {
    const Tensor x = call.input(0), filter = call.input(1);
    check(filter.shape.size() == 4, "the filter must be [kh,kw,C,D]");
    const int inputs = filter.shape[transposed_ ? 3 : 2], outputs = filter.shape[transposed_ ? 2 : 3];
    checkOperands(x, taps_, filter.shape[0] * filter.shape[1], {inputs, outputs});
    check(x.channels() == inputs, "map and filter must fit");
    const size_t each = static_cast<size_t>(inputs) * outputs;
    std::vector<const float*> used;
    for (const Tap& tap : taps_.list) used.push_back(filter.data + each * tap.index);
    std::vector<float> packed(each * used.size());
    kernels().pack(used, inputs, outputs, transposed_, packed.data());
    float* y = call.output(0, x.withChannels(outputs));
    const Convolution pass = {taps_, sizeOfMaps(x), inputs, outputs, x.data, packed.data(), y};
    const std::vector<Strip> strips = stripsOf(pass.size, 128);
    const int parts = partsOf(strips.size(), 2, 64);
    Workers::instance().run(parts, [&](int part) {
      const size_t to = strips.size() * (part + 1) / parts;
      for (size_t strip = strips.size() * part / parts; strip < to; strip++) kernels().convolve(pass, strips[strip]);
    });
  }

 private:
  const bool transposed_;
  const Taps taps_;
};

// x [N,H,W,C], dy [N,H,W,D] -> [height,width,C,D], zeros at taps that are not used
class TapFilterGrad {
 public:
  explicit TapFilterGrad(Construction& construction)
      : taps_(construction.integers("taps"), false),
        height_(construction.integer("height")),
        width_(construction.integer("width")) {}

  void compute(Call& call) const {
    const Tensor x = call.input(0), dy = call.input(1);
    const int inputs = x.channels(), outputs = dy.channels();
    checkOperands(x, taps_, height_ * width_, {inputs, outputs});
    check(dy.shape == x.withChannels(outputs), "x and dy must fit");
    float* slope = call.output(0, {height_, width_, inputs, outputs});
    const Convolution pass = {taps_, sizeOfMaps(x), inputs, outputs, x.data, nullptr, nullptr};
    const std::vector<Strip> strips = stripsOf(pass.size, 128);
    const size_t each = static_cast<size_t>(inputs) * outputs, size = each * taps_.list.size();
    // Each part's sums cost as much as some hundred positions.
    const int parts = partsOf(strips.size(), 12, 8);
    float* sums = memoryOf<Purpose::sums>(size * parts);
    Workers::instance().run(parts, [&](int part) {
      float* own = sums + size * part;
      std::memset(own, 0, size * sizeof(float));
      const size_t to = strips.size() * (part + 1) / parts;
      for (size_t strip = strips.size() * part / parts; strip < to; strip++)
        kernels().addFilterSlope(pass, dy.data, strips[strip], own);
    });
    std::memset(slope, 0, each * height_ * width_ * sizeof(float));
    Workers::instance().run(static_cast<int>(taps_.list.size()), [&](int tap) {
      addUp(sums + each * tap, size, parts, 0, each, slope + each * taps_.list[tap].index);
    });
  }

 private:
  const Taps taps_;
  const int height_, width_;
};

// When the addon is loaded.
static const bool registered = [] {
  if (instructionSet() == InstructionSet::none) return false;
  registerOp<TapConvolution>("AutoregsegTapConvolution", {"x: T", "filter: T"}, {"y: T"},
                             {"taps: list(int)", "transposed: bool"});
  registerOp<TapFilterGrad>("AutoregsegTapFilterGrad", {"x: T", "dy: T"}, {"slope: T"},
                            {"taps: list(int)", "height: int", "width: int"});
  return true;
}();

}  // namespace autoregseg

#endif

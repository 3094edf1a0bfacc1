// The mean over a square window around each position of a map, zeros outside the map, at a cost that the window's size does
// not change.
//
// Along each axis the line is cut into blocks as long as the window. A window then is the end of one block and the beginning
// of the next, so that sums from each block's beginning and to its end are all that is needed [1]. Nothing is ever subtracted:
// a running sum would leave noise where a map holds zeros.
//
// [1] van Herk. A fast algorithm for local minimum and maximum filters on rectangular and octagonal kernels. Pattern
//     Recognition Letters, 1992.

#include "tensorflow-op.h"
#include "tiles.h"
#include "workers.h"

namespace autoregseg {

// A line of `length` items of `width` numbers each, whose sums over windows are scaled.
struct Line {
  int length, half, width;
  float scale;
  int padded() const { return length + 2 * half; }
  int window() const { return 2 * half + 1; }
};

// to[i] = scale * sum of from[i - half], ..., from[i + half]; items of either lie a stride apart.
// `Width` is the items' width where it is known beforehand, so that the compiler takes many numbers at a time; else 0.
template <int Width>
static void sumWindows(const Line& line, const float* from, ptrdiff_t stride, float* to, ptrdiff_t toStride,
                       float* scratch) {
  const int width = Width > 0 ? Width : line.width, padded = line.padded(), window = line.window();
  float *begun = scratch, *ended = scratch + static_cast<size_t>(padded) * width;
  const auto item = [&](float* sums, int index) { return sums + static_cast<ptrdiff_t>(index) * width; };
  const auto isInside = [&](int index) { return index >= line.half && index < line.half + line.length; };
  const auto add = [&](int index, const float* before, float* sums) {
    const float* own = from + (index - line.half) * stride;
    if (!isInside(index)) {
      for (int k = 0; k < width; k++) sums[k] = before == nullptr ? 0.0f : before[k];
    } else if (before == nullptr) {
      for (int k = 0; k < width; k++) sums[k] = own[k];
    } else {
      for (int k = 0; k < width; k++) sums[k] = before[k] + own[k];
    }
  };
  for (int block = 0; block < padded; block += window) {
    const int next = std::min(padded, block + window);
    add(block, nullptr, item(begun, block));
    for (int index = block + 1; index < next; index++) add(index, item(begun, index - 1), item(begun, index));
    add(next - 1, nullptr, item(ended, next - 1));
    for (int index = next - 2; index >= block; index--) add(index, item(ended, index + 1), item(ended, index));
  }
  // The window of padded items index, ..., index + window - 1: a whole block, or the end of one and the beginning of the next.
  for (int block = 0; block < line.length; block += window) {
    const int next = std::min(line.length, block + window);
    const float* whole = item(ended, block);
    for (int k = 0; k < width; k++) to[block * toStride + k] = line.scale * whole[k];
    for (int index = block + 1; index < next; index++) {
      const float *first = item(ended, index), *rest = item(begun, index + window - 1);
      float* sums = to + index * toStride;
      for (int k = 0; k < width; k++) sums[k] = line.scale * (first[k] + rest[k]);
    }
  }
}

// x [N,H,W,K] -> [N,H,W,K]
class BoxFilter {
 public:
  explicit BoxFilter(Construction& construction) : half_(construction.integer("half_window")) {}

  void compute(Call& call) const {
    constexpr int COLUMNS = 64;
    const Tensor x = call.input(0);
    check(x.shape.size() == 4 && half_ >= 0, "maps must be [N,H,W,K], the half window at least 0");
    float* y = call.output(0, x.shape);
    const int maps = static_cast<int>(x.shape[0]), height = static_cast<int>(x.shape[1]);
    const int width = static_cast<int>(x.shape[2]), channels = x.channels(), row = width * channels;
    if (sizeOf(x.shape) == 0) return;
    const float scale = 1.0f / (2 * half_ + 1);
    const Line along = {width, half_, channels, scale}, across = {height, half_, COLUMNS, scale};
    float* rows = memoryOf<Purpose::sums>(sizeOf(x.shape));
    Workers::instance().run(maps, [&](int map) {
      const size_t start = static_cast<size_t>(map) * height * row;
      float* scratch = scratchOf(2 * static_cast<size_t>(std::max(along.padded() * channels, across.padded() * COLUMNS)));
      const auto sumRow = channels == 4 ? sumWindows<4> : sumWindows<0>;
      for (int line = 0; line < height; line++) {
        const size_t at = start + static_cast<size_t>(line) * row;
        sumRow(along, x.data + at, channels, rows + at, channels, scratch);
      }
      for (int column = 0; column < row; column += COLUMNS) {
        const Line rest = {height, half_, std::min(COLUMNS, row - column), scale};
        const auto sumColumns = rest.width == COLUMNS ? sumWindows<COLUMNS> : sumWindows<0>;
        sumColumns(rest, rows + start + column, row, y + start + column, row, scratch);
      }
    });
  }

 private:
  const int half_;
};

// When the addon is loaded.
static const bool registered = [] {
  registerOp<BoxFilter>("AutoregsegBoxFilter", {"x: T"}, {"y: T"}, {"half_window: int"});
  return true;
}();

}  // namespace autoregseg

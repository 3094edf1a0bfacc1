// Products of matrices on tiles that a core's cache holds.
//
// Included once for each set of vector instructions (for-each-instruction-set.h), which defines:
//   NAMESPACE  of what is declared here
//   TARGET     the attribute that lets the compiler use the instructions
//   LANES      numbers in a vector
//   STREAM     the instruction that writes one past the caches
//   ROWS       of a product held in registers at once, each as two vectors

namespace autoregseg {
namespace NAMESPACE {

typedef float Lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef float Unaligned __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

constexpr int PANEL = 2 * LANES;

static inline TARGET Lanes load(const float* from) { return *reinterpret_cast<const Unaligned*>(from); }
static inline TARGET void store(float* to, Lanes value) { *reinterpret_cast<Unaligned*>(to) = value; }
// Maps that no cache holds are streamed: written without being read first.
static inline TARGET void put(float* to, Lanes value, bool stream) { stream ? STREAM(to, value) : store(to, value); }
// What is no number stays none.
static inline TARGET Lanes relu(Lanes value) { return value < 0 ? Lanes{} : value; }

// c[r][j] = start[j] + sum over segments and k of a(r, k) b[k][j], of R rows and one panel of columns; without start, c += the
// sum. a(r, k) is a[r][k] of rows ROW apart, or where Transposed a[k][r] of rows R apart: constants, which become part of
// addresses.
template <bool Transposed, int R>
static TARGET void block(const float* a, const float* b, const std::vector<Segment>& segments, float* c, ptrdiff_t rowOfC,
                         const float* start, bool rectify, bool stream) {
  Lanes sums[R][2];
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
    sums[r][0] = sums[r][1] = Lanes{};
    // Read last, and maybe far away.
    __builtin_prefetch(c + r * rowOfC, 1);
    __builtin_prefetch(c + r * rowOfC + PANEL - 1, 1);
  }
  for (const Segment& segment : segments) {
    const float* from = a + segment.begin;
    for (int k = 0; k < segment.depth; k++, b += PANEL) {
      const Lanes left = load(b), right = load(b + LANES);
#pragma GCC unroll 16
      for (int r = 0; r < R; r++) {
        const Lanes factor = (Transposed ? from[k * R + r] : from[r * ROW + k]) - Lanes{};
        sums[r][0] += factor * left;
        sums[r][1] += factor * right;
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
    float* to = c + r * rowOfC;
    const float* plus = start != nullptr ? start : to;
    const Lanes left = sums[r][0] + load(plus), right = sums[r][1] + load(plus + LANES);
    put(to, rectify ? relu(left) : left, stream);
    put(to + LANES, rectify ? relu(right) : right, stream);
  }
}

typedef void (*Block)(const float*, const float*, const std::vector<Segment>&, float*, ptrdiff_t, const float*, bool, bool);

template <bool Transposed, int... Index>
static Block blockOf(int rows, std::integer_sequence<int, Index...>) {
  static const Block blocks[] = {block<Transposed, Index + 1>...};
  return blocks[rows - 1];
}

// Rows 0 to count in parts of nearly equal size that registers hold: calls each(first row, count, block for that many).
template <bool Transposed, typename Each>
static void forBlocks(int count, Each each) {
  const int parts = (count + ROWS - 1) / ROWS;
  for (int part = 0; part < parts; part++) {
    const int from = count * part / parts, to = count * (part + 1) / parts;
    each(from, to - from, blockOf<Transposed>(to - from, std::make_integer_sequence<int, ROWS>()));
  }
}

// Filters, each [inputs, columns] or, where transposed, [columns, inputs], as panels [columns / PANEL][filter][inputs][PANEL].
static void packFilters(const std::vector<const float*>& filters, int inputs, int columns, bool transposed, float* packed) {
  for (int first = 0; first < columns; first += PANEL)
    for (const float* filter : filters)
      for (int k = 0; k < inputs; k++)
        for (int j = first; j < first + PANEL; j++)
          *packed++ = transposed ? filter[static_cast<size_t>(j) * inputs + k] : filter[static_cast<size_t>(k) * columns + j];
}

// Columns of a tile, those of the rows that the runs name: [rows][count], or [rows][LANES] before the next row overlaps.
static TARGET void packColumns(const float* a, const std::vector<Run>& runs, int count, float* packed) {
  for (const Run& run : runs)
    for (int row = 0; row < run.rows; row++, packed += count) store(packed, load(a + (run.first + row) * ROW));
}

// c [m, n] += a^T b, of a tile's rows that the runs name, one for each of b, which is packed as a filter is.
// `packed` has room for ROWS numbers of each row, and a vector.
static void addTransposedProduct(Map a, const std::vector<Run>& runs, int m, const float* b, int rows, int n, float* packed,
                                 float* c) {
  const std::vector<Segment> all = {{0, rows}};
  for (int slab = 0; slab < m; slab += SLAB)
    forBlocks<true>(std::min(SLAB, m - slab), [&](int i, int count, Block times) {
      packColumns(a.at(0, slab + i), runs, count, packed);
      float* to = c + static_cast<size_t>(slab + i) * n;
      for (int j = 0; j < n; j += PANEL) times(packed, b + static_cast<size_t>(j) * rows, all, to + j, n, nullptr, false, false);
    });
}

// The rows that the runs name, [rows, columns], as panels [columns / PANEL][rows][PANEL].
static TARGET void packPanels(Map map, const std::vector<Run>& runs, int columns, float* packed) {
  for (int j = 0; j < columns; j += PANEL)
    for (const Run& run : runs)
      for (int row = 0; row < run.rows; row++, packed += PANEL) {
        const float* numbers = map.at(run.first + row, j);
        store(packed, load(numbers));
        store(packed + LANES, load(numbers + LANES));
      }
}

}  // namespace NAMESPACE
}  // namespace autoregseg

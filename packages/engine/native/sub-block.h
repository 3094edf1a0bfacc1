// A sub-block on a range of positions, forward and backward; included once for each instruction set.
//
// Positions are taken a tile at a time, so that everything between reading a map and writing one stays in a core's cache.

namespace autoregseg {
namespace NAMESPACE {

// c [rows, columns] = start [columns] + a [rows, inputs] b, rectified if asked.
static void multiply(Map a, int rows, int inputs, const float* packed, int columns, Map c, const float* start,
                     bool rectify) {
  std::vector<Segment> segments;
  addChannels(segments, a, 0, inputs);
  for (int j = 0; j < columns; j += PANEL, packed += inputs * PANEL)
    forBlocks<false>(rows, [&](int row, int, Block times) {
      times(a.at(row, 0), packed, segments, c.at(row, j), c.row, start + j, rectify, false);
    });
}

typedef int32_t Mask __attribute__((vector_size(LANES * sizeof(int32_t))));
typedef char Bytes __attribute__((vector_size(LANES)));
typedef char UnalignedBytes __attribute__((vector_size(LANES), aligned(1), may_alias));

// Where a ReLU let something through, told by what came out of it, or as markReached noted it.
struct OfMap {
  Map map;
  TARGET Mask at(int row, int channel) const { return load(map.at(row, channel)) > 0; }
};
struct OfMarks {
  const char* marks;
  int channels;
  TARGET Mask at(int row, int channel) const {
    const char* mark = marks + static_cast<ptrdiff_t>(row) * channels + channel;
    return __builtin_convertvector(*reinterpret_cast<const UnalignedBytes*>(mark), Mask) != 0;
  }
};

// to = slope where something was let through, else 0; sums += to, over the rows.
template <typename Reached>
static TARGET void rectifySlope(Map slope, Reached reached, int rows, int channels, Map to, float* sums) {
  for (int j = 0; j < channels; j += LANES) {
    Lanes sum = load(sums + j);
    for (int row = 0; row < rows; row++) {
      const Lanes value = reached.at(row, j) ? load(slope.at(row, j)) : Lanes{};
      sum += value;
      store(to.at(row, j), value);
    }
    store(sums + j, sum);
  }
}

static TARGET void addAndRectify(Map x, const float* bias, int rows, int channels, Map to) {
  for (int row = 0; row < rows; row++)
    for (int j = 0; j < channels; j += LANES) store(to.at(row, j), relu(load(x.at(row, j)) + load(bias + j)));
}

static TARGET void copyOut(Map tile, int rows, int channels, Map to, bool stream) {
  for (int row = 0; row < rows; row++)
    for (int j = 0; j < channels; j += LANES) put(to.at(row, j), load(tile.at(row, j)), stream);
}

// to [rows, channels] = a + b; of b the first channels alone may be there, the others are zeros.
static TARGET void addOut(Map a, Map b, int rows, int channelsOfB, int channels, Map to, bool stream) {
  for (int row = 0; row < rows; row++)
    for (int j = 0; j < channels; j += LANES) {
      const Lanes value = load(a.at(row, j));
      put(to.at(row, j), j < channelsOfB ? value + load(b.at(row, j)) : value, stream);
    }
}

// reached = 1 where outer > 0, else 0
static TARGET void markReached(Map outer, int rows, int channels, char* reached) {
  for (int row = 0; row < rows; row++)
    for (int j = 0; j < channels; j += LANES, reached += LANES)
      *reinterpret_cast<UnalignedBytes*>(reached) = __builtin_convertvector(load(outer.at(row, j)) > 0, Bytes) & 1;
}

static void forward(const Forward& pass, size_t from, size_t to) {
  const int channels = pass.channels, filters = pass.filters;
  const size_t size = tileSize(std::max(channels, pass.inputChannels));
  float* scratch = scratchOf(3 * size);
  const Map input = tileIn(scratch), inner = tileIn(scratch + size), outer = tileIn(scratch + 2 * size);
  const bool stream = isStreamed(pass.y, pass.positions * channels);
  forTiles(from, to, [&](size_t position, int rows) {
    const Map x = mapOf(pass.x, pass.inputChannels, position);
    if (filters == 1) {
      addAndRectify(x, pass.biases[0], rows, channels, inner);
    } else {
      copy(x, rows, pass.inputChannels, input);
      multiply(input, rows, pass.inputChannels, pass.packed[0], channels, inner, pass.biases[0], true);
    }
    multiply(inner, rows, channels, pass.packed[filters - 1], channels, outer, pass.biases[1], true);
    if (pass.inner != nullptr) {
      copyOut(inner, rows, channels, mapOf(pass.inner, channels, position), stream);
      markReached(outer, rows, channels, pass.reached + position * channels);
    }
    const Map skip = mapOf(pass.skip, pass.skipChannels, position);
    addOut(outer, skip, rows, pass.skipChannels, channels, mapOf(pass.y, channels, position), stream);
  });
  _mm_sfence();
}

static void backward(const Backward& pass, size_t from, size_t to, const Sums& sums) {
  const int channels = pass.channels, filters = pass.filters;
  const size_t size = tileSize(std::max(channels, pass.inputChannels));
  const size_t panels = static_cast<size_t>(TILE) * channels;
  float* scratch = scratchOf(3 * size + panels + TILE * ROWS + LANES);
  const Map input = tileIn(scratch), slope = tileIn(scratch + size), innerSlope = tileIn(scratch + 2 * size);
  float *packedSlope = scratch + 3 * size, *columns = packedSlope + panels;
  const std::vector<float> zeros(std::max(channels, pass.inputChannels));
  const bool stream = isStreamed(pass.dx, pass.positions * pass.inputChannels);
  forTiles(from, to, [&](size_t position, int rows) {
    const Map dy = mapOf(pass.dy, channels, position), dx = mapOf(pass.dx, pass.inputChannels, position);
    // input^T slope, [inputs, channels]
    const auto addFilterSlope = [&](const float* x, int inputs, Map slope, float* sums) {
      copy(mapOf(x, inputs, position), rows, inputs, input);
      packPanels(slope, {{0, rows}}, channels, packedSlope);
      addTransposedProduct(input, {{0, rows}}, inputs, packedSlope, rows, channels, columns, sums);
    };
    const OfMarks reached = {pass.reached + position * channels, channels};
    rectifySlope(dy, reached, rows, channels, slope, sums.biases[1]);
    addFilterSlope(pass.inner, channels, slope, sums.filters[filters - 1]);
    multiply(slope, rows, channels, pass.packed[filters - 1], channels, innerSlope, zeros.data(), false);
    rectifySlope(innerSlope, OfMap{input}, rows, channels, innerSlope, sums.biases[0]);
    if (filters == 1) {
      copyOut(innerSlope, rows, channels, dx, stream);
      return;
    }
    addFilterSlope(pass.x, pass.inputChannels, innerSlope, sums.filters[0]);
    multiply(innerSlope, rows, channels, pass.packed[0], pass.inputChannels, slope, zeros.data(), false);
    addOut(slope, dy, rows, pass.inputChannels, pass.inputChannels, dx, stream);
  });
  _mm_sfence();
}

}  // namespace NAMESPACE
}  // namespace autoregseg

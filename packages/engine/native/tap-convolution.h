// A convolution at some taps of its filter, on strips of maps, and the gradient in the filter; included once for each
// instruction set.

namespace autoregseg {
namespace NAMESPACE {

static void convolve(const Convolution& pass, const Strip& strip) {
  const Taps& taps = pass.taps;
  const int columns = strip.columns + taps.width();
  const int positions = (strip.rows + taps.height()) * columns;
  const Map tile = tileIn(scratchOf(tileSize(pass.inputs, positions)), positions);
  copySurroundings(pass, strip, tile);
  std::vector<Segment> segments;
  for (const Tap& tap : taps.list) addChannels(segments, tile, taps.place(tap, columns), pass.inputs);
  const Map y = mapOf(pass.y, pass.outputs, pass.size.position(strip));
  const float zeros[PANEL] = {0};
  const bool stream = isStreamed(pass.y, pass.size.positions() * pass.outputs);
  const float* packed = pass.packed;
  for (int j = 0; j < pass.outputs; j += PANEL, packed += taps.list.size() * pass.inputs * PANEL)
    for (int row = 0; row < strip.rows; row++)
      forBlocks<false>(strip.columns, [&](int column, int, Block times) {
        float* to = y.at(static_cast<ptrdiff_t>(row) * pass.size.width + column, j);
        times(tile.at(row * columns + column, 0), packed, segments, to, y.row, zeros, false, stream);
      });
  _mm_sfence();
}

// sums [taps, inputs, outputs] += the strip's share
static void addFilterSlope(const Convolution& pass, const float* dy, const Strip& strip, float* sums) {
  const Taps& taps = pass.taps;
  const int columns = strip.columns + taps.width();
  const int positions = (strip.rows + taps.height()) * columns, own = strip.rows * strip.columns;
  const size_t size = tileSize(pass.inputs, positions), panels = static_cast<size_t>(own) * pass.outputs;
  float* scratch = scratchOf(size + panels + own * ROWS + LANES);
  const Map tile = tileIn(scratch, positions);
  float *packedSlope = scratch + size, *packedColumns = packedSlope + panels;
  copySurroundings(pass, strip, tile);
  std::vector<Run> lines;
  for (int row = 0; row < strip.rows; row++) lines.push_back({static_cast<ptrdiff_t>(row) * pass.size.width, strip.columns});
  packPanels(mapOf(dy, pass.outputs, pass.size.position(strip)), lines, pass.outputs, packedSlope);
  for (size_t index = 0; index < taps.list.size(); index++) {
    const ptrdiff_t place = taps.place(taps.list[index], columns);
    std::vector<Run> runs;
    for (int row = 0; row < strip.rows; row++) runs.push_back({place + row * columns, strip.columns});
    float* to = sums + index * pass.inputs * pass.outputs;
    addTransposedProduct(tile, runs, pass.inputs, packedSlope, own, pass.outputs, packedColumns, to);
  }
}

}  // namespace NAMESPACE
}  // namespace autoregseg

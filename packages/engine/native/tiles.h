// Maps, and tiles of them in memory of a thread's own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

namespace autoregseg {

// A tile's rows, one a position, hold SLAB channels and a gap, without which all rows would share a few sets of the cache;
// further channels follow in further slabs.
constexpr int TILE = 112, SLAB = 128, ROW = SLAB + 16;

// [positions, channels]
struct Map {
  float* data;
  ptrdiff_t row, slab;
  float* at(ptrdiff_t position, int channel) const {
    return data + position * row + channel / SLAB * slab + channel % SLAB;
  }
};

// A part of a sum of products: where it begins in the first factor, and its length; the second factor's rows follow one another.
struct Segment {
  ptrdiff_t begin;
  int depth;
};

// Rows of a map or a tile, one after the other.
struct Run {
  ptrdiff_t first;
  int rows;
};

inline size_t tileSize(int channels, int positions = TILE) {
  return static_cast<size_t>((channels + SLAB - 1) / SLAB) * positions * ROW;
}

inline Map tileIn(float* scratch, int positions = TILE) {
  return {scratch, ROW, static_cast<ptrdiff_t>(positions) * ROW};
}

inline Map mapOf(const float* map, int channels, size_t position = 0) {
  return {const_cast<float*>(map) + position * channels, channels, SLAB};
}

inline void copy(Map from, int rows, int channels, Map to) {
  for (int row = 0; row < rows; row++)
    for (int j = 0; j < channels; j += SLAB)
      std::memcpy(to.at(row, j), from.at(row, j), std::min(SLAB, channels - j) * sizeof(float));
}

// The channels of a tile as segments.
inline void addChannels(std::vector<Segment>& segments, Map tile, ptrdiff_t position, int channels) {
  for (int j = 0; j < channels; j += SLAB)
    segments.push_back({tile.at(position, j) - tile.data, std::min(SLAB, channels - j)});
}

// Whether a map is better written past the caches: it is aligned, and larger than what they keep of it for its reader.
inline bool isStreamed(const float* map, size_t size) {
  return reinterpret_cast<uintptr_t>(map) % 64 == 0 && size * sizeof(float) > (size_t{16} << 20);
}

// A whole in parts that threads take one after the other: small ones, so that none waits long for the last.
inline int partsOf(size_t whole, size_t smallest, size_t most) {
  return static_cast<int>(std::max<size_t>(1, std::min(most, whole / smallest)));
}

// total[index] = the sum over the parts, in their order; one part's numbers follow the other's at a distance.
inline void addUp(const float* sums, size_t distance, int parts, size_t from, size_t to, float* total) {
  std::copy(sums + from, sums + to, total + from);
  for (int part = 1; part < parts; part++)
    for (size_t index = from; index < to; index++) total[index] += sums[distance * part + index];
}

// Memory of one thread for one purpose, kept from call to call: new memory would cost a fault for each of its pages.
enum class Purpose { tile, sums };

template <Purpose>
inline float* memoryOf(size_t size) {
  thread_local std::vector<float> memory;
  if (memory.size() < size) memory = std::vector<float>(size);
  return memory.data();
}

inline float* scratchOf(size_t size) { return memoryOf<Purpose::tile>(size); }

#if defined(__x86_64__)

// Of the processor's instruction sets the widest that is compiled for. ONEDNN_MAX_CPU_ISA limits these operations as it does
// oneDNN's.
enum class InstructionSet { none, avx2, avx512 };

inline InstructionSet instructionSet() {
  const char* most = std::getenv("ONEDNN_MAX_CPU_ISA");
  const bool limited = most != nullptr && std::strncmp(most, "AVX2", 4) == 0;
  if (__builtin_cpu_supports("avx512f") && !limited) return InstructionSet::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return InstructionSet::avx2;
  return InstructionSet::none;
}

#endif

}  // namespace autoregseg

// Includes products.h, and then BODY, once for each set of vector instructions that is compiled for.

#include <immintrin.h>

#define NAMESPACE avx512
#define TARGET __attribute__((target("avx512f,avx2,fma")))
#define LANES 16
#define STREAM _mm512_stream_ps
#define ROWS 14
#include "products.h"
#include BODY
#undef NAMESPACE
#undef TARGET
#undef LANES
#undef STREAM
#undef ROWS

#define NAMESPACE avx2
#define TARGET __attribute__((target("avx2,fma")))
#define LANES 8
#define STREAM _mm256_stream_ps
#define ROWS 6
#include "products.h"
#include BODY
#undef NAMESPACE
#undef TARGET
#undef LANES
#undef STREAM
#undef ROWS

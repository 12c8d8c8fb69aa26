#include <xxhash.h>

// The library holds a variant for each kind of vector unit, and on x86 the processor's is chosen only by the names that this
// header gives; the plain ones are SSE2's, many times slower on pages. Source: xxHash, xxh_x86dispatch.h.
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>
#endif

// Swift cannot read macros that rename functions.
static inline XXH128_hash_t holdfast_xxh3_128(
    const void *input, size_t length, const void *secret, size_t secret_length) {
    return XXH3_128bits_withSecret(input, length, secret, secret_length);
}

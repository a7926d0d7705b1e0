/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compiler dialect: attributes, sections, once-only accesses, and the capability annotations that
 * clang -Wthread-safety checks (they are empty under gcc).
 */
#ifndef HV_COMPILER_H
#define HV_COMPILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define __must_check   __attribute__((warn_unused_result))
#define __packed       __attribute__((packed))
#define __aligned(n)   __attribute__((aligned(n)))
#define __used         __attribute__((used))
#define __unused       __attribute__((unused))
#define __cold         __attribute__((cold))
#define __noreturn     __attribute__((noreturn))
#define noinline       __attribute__((noinline))
#define always_inline  inline __attribute__((always_inline))
#define __printf(f, a) __attribute__((format(printf, f, a)))
#define __section(s)   __attribute__((section(s)))
#define __weak_default __attribute__((weak))

/* Start-up code and data: freed once dom0 runs. */
#define __init      __section(".init.text") __cold
#define __initdata  __section(".init.data")
#define __initconst __section(".init.rodata")
/* Written during start-up, read-only afterwards. */
#define __ro_after_init __section(".data.ro_after_init")
/* Read on hot paths, hardly ever written: kept off written cache lines. */
#define __read_mostly __section(".data.read_mostly")

#define SMP_CACHE_BYTES     64
#define __cacheline_aligned __aligned(SMP_CACHE_BYTES)

#define barrier() __asm__ volatile("" ::: "memory")

#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

/* Order between CPUs, in the terms of the C11 memory model. */
#define smp_mb()                __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb()               __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()               __atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_load_acquire(p)     __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

#define container_of(ptr, type, member)                                                            \
    ({                                                                                             \
        __typeof__(((type *)0)->member) *mptr_ = (ptr);                                            \
        (type *)((char *)mptr_ - offsetof(type, member));                                          \
    })

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define min(a, b)                                                                                  \
    ({                                                                                             \
        __typeof__(a) min_a_ = (a);                                                                \
        __typeof__(b) min_b_ = (b);                                                                \
        (void)(&min_a_ == &min_b_);                                                                \
        min_a_ < min_b_ ? min_a_ : min_b_;                                                         \
    })
#define max(a, b)                                                                                  \
    ({                                                                                             \
        __typeof__(a) max_a_ = (a);                                                                \
        __typeof__(b) max_b_ = (b);                                                                \
        (void)(&max_a_ == &max_b_);                                                                \
        max_a_ > max_b_ ? max_a_ : max_b_;                                                         \
    })
#define min_t(t, a, b) min((t)(a), (t)(b))
#define max_t(t, a, b) max((t)(a), (t)(b))

#define ROUNDUP(x, a)      (((x) + (a)-1) & ~((__typeof__(x))(a)-1))
#define ROUNDDOWN(x, a)    ((x) & ~((__typeof__(x))(a)-1))
#define IS_ALIGNED(x, a)   (((x) & ((__typeof__(x))(a)-1)) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))

#ifdef __clang__
#define __capability(x)        __attribute__((capability(x)))
#define __must_hold(...)       __attribute__((requires_capability(__VA_ARGS__)))
#define __acquires(...)        __attribute__((acquire_capability(__VA_ARGS__)))
#define __releases(...)        __attribute__((release_capability(__VA_ARGS__)))
#define __try_acquires(...)    __attribute__((try_acquire_capability(__VA_ARGS__)))
#define __acquires_shared(...) __attribute__((acquire_shared_capability(__VA_ARGS__)))
#define __releases_shared(...) __attribute__((release_shared_capability(__VA_ARGS__)))
#define __excludes(...)        __attribute__((locks_excluded(__VA_ARGS__)))
#define __no_lock_analysis     __attribute__((no_thread_safety_analysis))
#else
#define __capability(x)
#define __must_hold(...)
#define __acquires(...)
#define __releases(...)
#define __try_acquires(...)
#define __acquires_shared(...)
#define __releases_shared(...)
#define __excludes(...)
#define __no_lock_analysis
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The interface version these headers describe.
 *
 * A consumer of the published headers may ask for an older source interface. We describe one:
 * that of the 4.17 release, whose last source-visible change is numbered 0x00040e00. A consumer
 * that asks for nothing gets it, one that asks for an older one is told so instead of getting
 * other layouts.
 */
#ifndef __XEN_PUBLIC_XEN_COMPAT_H__
#define __XEN_PUBLIC_XEN_COMPAT_H__

#define __XEN_LATEST_INTERFACE_VERSION__ 0x00040e00

/* The release itself; nothing changed between the last interface change and it. */
#define __XEN_RELEASE_INTERFACE_VERSION__ 0x00041100

#ifndef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#endif

#if __XEN_INTERFACE_VERSION__ > __XEN_RELEASE_INTERFACE_VERSION__
#error "the requested interface version is newer than these headers"
#endif

#if __XEN_INTERFACE_VERSION__ < __XEN_LATEST_INTERFACE_VERSION__
#error "these headers describe the 4.17 interface only"
#endif

/* The array length of xen.h, by the name that it had first. */
#define COMPAT_FLEX_ARRAY_DIM XEN_FLEX_ARRAY_DIM

#endif /* __XEN_PUBLIC_XEN_COMPAT_H__ */

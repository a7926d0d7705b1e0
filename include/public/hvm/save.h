/* SPDX-License-Identifier: MIT */
/*
 * The stream of an HVM domain's state: records, each behind a descriptor. A record's type and
 * code are kept in the type of a struct that is never used.
 */
#ifndef __XEN_PUBLIC_HVM_SAVE_H__
#define __XEN_PUBLIC_HVM_SAVE_H__

#include "../xen.h"

#ifndef __ASSEMBLY__

struct hvm_save_descriptor {
    uint16_t typecode;
    uint16_t instance; /* vCPU or device */
    uint32_t length;   /* of the record, without this */
};

#define DECLARE_HVM_SAVE_TYPE(_x, _code, _type)                                                    \
    struct __HVM_SAVE_TYPE_##_x {                                                                  \
        _type t;                                                                                   \
        char c[_code];                                                                             \
        char cpt[1];                                                                               \
    }
#define HVM_SAVE_TYPE(_x)   __typeof__(((struct __HVM_SAVE_TYPE_##_x *)(0))->t)
#define HVM_SAVE_LENGTH(_x) (sizeof(HVM_SAVE_TYPE(_x)))
#define HVM_SAVE_CODE(_x)   (sizeof(((struct __HVM_SAVE_TYPE_##_x *)(0))->c))

#include "../arch-x86/hvm/save.h"

#endif /* __ASSEMBLY__ */

#endif /* __XEN_PUBLIC_HVM_SAVE_H__ */

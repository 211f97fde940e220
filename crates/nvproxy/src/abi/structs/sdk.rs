//! What headers of several kinds share.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    // cc_drv.h
    struct CC_AES_CRYPTOBUNDLE: 56 {
        iv: [NvU32; 3],
        key: [NvU32; 8],
        ivMask: [NvU32; 3],
    }

    struct CC_HMAC_CRYPTOBUNDLE: 64 {
        nonce: [NvU32; 8],
        key: [NvU32; 8],
    }

    union CC_KMB__1_t = "CC_KMB::@1_t": 64 align 4 {
        hmacBundle: CC_HMAC_CRYPTOBUNDLE,
        decryptBundle: CC_AES_CRYPTOBUNDLE,
    }

    struct CC_KMB: 124 {
        encryptBundle: CC_AES_CRYPTOBUNDLE,
        unnamed_1: CC_KMB__1_t,
        bIsWorkLaunch: NvBool,
        _pad0: [NvU8; 3],
    }

    // rs_access.h
    struct RS_ACCESS_MASK: 4 {
        limbs: [NvU32; 1],
    }

    struct RS_SHARE_POLICY: 12 {
        target: NvU32,
        accessMask: RS_ACCESS_MASK,
        r#type: NvU16,
        action: NvU8,
        _pad0: [NvU8; 1],
    }
}

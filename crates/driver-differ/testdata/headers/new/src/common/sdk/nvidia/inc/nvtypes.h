#ifndef TESTDATA_NVTYPES_H
#define TESTDATA_NVTYPES_H

typedef unsigned char NvU8;
typedef unsigned short NvU16;
typedef unsigned int NvU32;
typedef int NvS32;
typedef unsigned long long NvU64;
typedef unsigned int NvHandle;
typedef void *NvP64;

#endif

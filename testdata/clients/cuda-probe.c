/*
 * What a CUDA program does before and after its kernels, by the driver API alone: every device found and described, a
 * context, memory of every kind, copies in both directions that have to come back equal, streams, events, tear-down.
 * Nothing that the library does with a kernel of its own: copies within a device, and memsets of managed
 * memory or of more than some pages.
 *
 * cc -O1 -o cuda-probe cuda-probe.c -ldl
 *
 * usage: cuda-probe [LIBRARY]
 * LIBRARY is libcuda.so.1 unless said otherwise. Prints a line per step; exit status 0 if all succeed, 1 at the first
 * that does not. Needs no header of NVIDIA's: what it uses of the API is declared here.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef int Result;
typedef int Device;
typedef uint64_t DevicePtr;
typedef struct context *Context;
typedef struct stream *Stream;
typedef struct event *Event;
typedef struct { unsigned char bytes[16]; } Uuid;

enum {
    MULTIPROCESSOR_COUNT = 16,
    COMPUTE_CAPABILITY_MAJOR = 75,
    COMPUTE_CAPABILITY_MINOR = 76,
    ATTACH_GLOBAL = 1,
    SIZE = 32 << 20,
    SMALL = 4096,
};

static void *library;

static void *find(const char *name)
{
    void *function = dlsym(library, name);
    if (!function) {
        printf("%s: not in the library\n", name);
        exit(1);
    }
    return function;
}

#define DECLARE(name, ...) typedef Result name##_type(__VA_ARGS__); static name##_type *name
DECLARE(cuInit, unsigned flags);
DECLARE(cuDriverGetVersion, int *version);
DECLARE(cuDeviceGetCount, int *count);
DECLARE(cuDeviceGet, Device *device, int ordinal);
DECLARE(cuDeviceGetName, char *name, int length, Device device);
DECLARE(cuDeviceTotalMem_v2, size_t *bytes, Device device);
DECLARE(cuDeviceGetUuid, Uuid *uuid, Device device);
DECLARE(cuDeviceGetAttribute, int *value, int attribute, Device device);
DECLARE(cuDeviceGetPCIBusId, char *name, int length, Device device);
DECLARE(cuCtxCreate_v2, Context *context, unsigned flags, Device device);
DECLARE(cuCtxDestroy_v2, Context context);
DECLARE(cuCtxSynchronize, void);
DECLARE(cuMemGetInfo_v2, size_t *available, size_t *total);
DECLARE(cuMemAlloc_v2, DevicePtr *memory, size_t bytes);
DECLARE(cuMemFree_v2, DevicePtr memory);
DECLARE(cuMemcpyHtoD_v2, DevicePtr to, const void *from, size_t bytes);
DECLARE(cuMemcpyDtoH_v2, void *to, DevicePtr from, size_t bytes);
DECLARE(cuMemcpyHtoDAsync_v2, DevicePtr to, const void *from, size_t bytes, Stream stream);
DECLARE(cuMemcpyDtoHAsync_v2, void *to, DevicePtr from, size_t bytes, Stream stream);
DECLARE(cuMemsetD8_v2, DevicePtr memory, unsigned char value, size_t count);
DECLARE(cuMemsetD32_v2, DevicePtr memory, unsigned value, size_t count);
DECLARE(cuMemHostAlloc, void **memory, size_t bytes, unsigned flags);
DECLARE(cuMemFreeHost, void *memory);
DECLARE(cuMemAllocManaged, DevicePtr *memory, size_t bytes, unsigned flags);
DECLARE(cuStreamCreate, Stream *stream, unsigned flags);
DECLARE(cuStreamSynchronize, Stream stream);
DECLARE(cuStreamDestroy_v2, Stream stream);
DECLARE(cuEventCreate, Event *event, unsigned flags);
DECLARE(cuEventRecord, Event event, Stream stream);
DECLARE(cuEventSynchronize, Event event);
DECLARE(cuEventElapsedTime, float *milliseconds, Event start, Event end);
DECLARE(cuEventDestroy_v2, Event event);

static void load(const char *path)
{
    library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (!library) {
        printf("dlopen: %s\n", dlerror());
        exit(1);
    }
#define LOAD(name) name = (name##_type *)find(#name)
    LOAD(cuInit); LOAD(cuDriverGetVersion); LOAD(cuDeviceGetCount); LOAD(cuDeviceGet); LOAD(cuDeviceGetName);
    LOAD(cuDeviceTotalMem_v2); LOAD(cuDeviceGetUuid); LOAD(cuDeviceGetAttribute); LOAD(cuDeviceGetPCIBusId);
    LOAD(cuCtxCreate_v2); LOAD(cuCtxDestroy_v2); LOAD(cuCtxSynchronize); LOAD(cuMemGetInfo_v2); LOAD(cuMemAlloc_v2);
    LOAD(cuMemFree_v2); LOAD(cuMemcpyHtoD_v2); LOAD(cuMemcpyDtoH_v2);
    LOAD(cuMemcpyHtoDAsync_v2); LOAD(cuMemcpyDtoHAsync_v2); LOAD(cuMemsetD8_v2); LOAD(cuMemsetD32_v2);
    LOAD(cuMemHostAlloc); LOAD(cuMemFreeHost); LOAD(cuMemAllocManaged); LOAD(cuStreamCreate);
    LOAD(cuStreamSynchronize); LOAD(cuStreamDestroy_v2); LOAD(cuEventCreate); LOAD(cuEventRecord);
    LOAD(cuEventSynchronize); LOAD(cuEventElapsedTime); LOAD(cuEventDestroy_v2);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

#define CALL(call)                                                                                                     \
    do {                                                                                                               \
        double began = seconds();                                                                                      \
        Result result = (call);                                                                                        \
        if (result) {                                                                                                  \
            printf("%s: error %d\n", #call, result);                                                                   \
            exit(1);                                                                                                   \
        }                                                                                                              \
        if (getenv("CUDA_PROBE_TIMES"))                                                                                \
            fprintf(stderr, "%9.3f ms  %s\n", (seconds() - began) * 1e3, #call);                                       \
    } while (0)

static void check(int holds, const char *what)
{
    if (!holds) {
        printf("%s: wrong\n", what);
        exit(1);
    }
    printf("%s: ok\n", what);
}

static int all(const unsigned char *bytes, unsigned char value, size_t count)
{
    for (size_t index = 0; index < count; index++)
        if (bytes[index] != value)
            return 0;
    return 1;
}

static void fill(uint32_t *words, uint32_t seed)
{
    for (size_t index = 0; index < SIZE / 4; index++)
        words[index] = seed = seed * 1664525 + 1013904223;
}

static void describe(Device device, int ordinal)
{
    char name[256], bus[32];
    size_t total;
    Uuid uuid;
    int processors, major, minor;
    CALL(cuDeviceGetName(name, sizeof name, device));
    CALL(cuDeviceTotalMem_v2(&total, device));
    CALL(cuDeviceGetUuid(&uuid, device));
    CALL(cuDeviceGetPCIBusId(bus, sizeof bus, device));
    CALL(cuDeviceGetAttribute(&processors, MULTIPROCESSOR_COUNT, device));
    CALL(cuDeviceGetAttribute(&major, COMPUTE_CAPABILITY_MAJOR, device));
    CALL(cuDeviceGetAttribute(&minor, COMPUTE_CAPABILITY_MINOR, device));
    printf("device %d: %s, %zu MiB, %d multiprocessors, compute capability %d.%d, %s, GPU-", ordinal, name,
           total >> 20, processors, major, minor, bus);
    for (int index = 0; index < 16; index++)
        printf("%s%02x", index == 4 || index == 6 || index == 8 || index == 10 ? "-" : "", uuid.bytes[index]);
    printf("\n");
}

static void copies(void)
{
    unsigned char *sent = malloc(SIZE), *got = malloc(SIZE);
    DevicePtr first;
    fill((uint32_t *)sent, 1);
    memset(got, 0, SIZE);
    CALL(cuMemAlloc_v2(&first, SIZE));
    printf("cuMemAlloc: %d MiB\n", SIZE >> 20);
    CALL(cuMemcpyHtoD_v2(first, sent, SIZE));
    CALL(cuMemcpyDtoH_v2(got, first, SIZE));
    check(!memcmp(sent, got, SIZE), "copy to the device and back");
    CALL(cuMemcpyHtoD_v2(first + 12345, "odd", 3));
    CALL(cuMemcpyDtoH_v2(got, first, SIZE));
    memcpy(sent + 12345, "odd", 3);
    check(!memcmp(sent, got, SIZE), "copy of three bytes at an odd address");
    CALL(cuMemsetD8_v2(first, 0xa5, SMALL));
    CALL(cuMemcpyDtoH_v2(got, first, SIZE));
    check(all(got, 0xa5, SMALL) && !memcmp(sent + SMALL, got + SMALL, SIZE - SMALL), "memset of bytes");
    CALL(cuMemsetD32_v2(first + SMALL, 0x01020304, SMALL / 4));
    CALL(cuMemcpyDtoH_v2(got, first + SMALL, SMALL));
    check(*(uint32_t *)got == 0x01020304 && !memcmp(got, got + 4, SMALL - 4), "memset of words");
    CALL(cuMemFree_v2(first));
    free(sent);
    free(got);
}

static void streams(void)
{
    void *host;
    DevicePtr memory;
    Stream stream;
    Event start, end;
    float time;
    unsigned char *got = malloc(SIZE);
    CALL(cuMemHostAlloc(&host, SIZE, 0));
    fill(host, 2);
    printf("cuMemHostAlloc: %d MiB\n", SIZE >> 20);
    CALL(cuMemAlloc_v2(&memory, SIZE));
    CALL(cuStreamCreate(&stream, 0));
    CALL(cuEventCreate(&start, 0));
    CALL(cuEventCreate(&end, 0));
    CALL(cuEventRecord(start, stream));
    CALL(cuMemcpyHtoDAsync_v2(memory, host, SIZE, stream));
    CALL(cuEventRecord(end, stream));
    CALL(cuEventSynchronize(end));
    CALL(cuEventElapsedTime(&time, start, end));
    check(time >= 0 && time < 60000, "time between two events");
    CALL(cuMemcpyDtoHAsync_v2(got, memory, SIZE, stream));
    CALL(cuStreamSynchronize(stream));
    check(!memcmp(host, got, SIZE), "copies in a stream");
    CALL(cuEventDestroy_v2(end));
    CALL(cuEventDestroy_v2(start));
    CALL(cuStreamDestroy_v2(stream));
    CALL(cuMemFree_v2(memory));
    CALL(cuMemFreeHost(host));
    free(got);
}

static void managed(void)
{
    DevicePtr memory;
    unsigned char *sent = malloc(SIZE);
    fill((uint32_t *)sent, 3);
    CALL(cuMemAllocManaged(&memory, SIZE, ATTACH_GLOBAL));
    printf("cuMemAllocManaged: %d MiB\n", SIZE >> 20);
    memcpy((void *)memory, sent, SIZE);
    CALL(cuCtxSynchronize());
    check(!memcmp((void *)memory, sent, SIZE), "managed memory at its own address");
    CALL(cuMemFree_v2(memory));
    free(sent);
}

static void use(Device device, int ordinal)
{
    Context context;
    size_t available, total;
    CALL(cuCtxCreate_v2(&context, 0, device));
    printf("cuCtxCreate: device %d\n", ordinal);
    CALL(cuMemGetInfo_v2(&available, &total));
    check(available > 0 && available <= total, "memory that is free");
    copies();
    streams();
    managed();
    CALL(cuCtxSynchronize());
    CALL(cuCtxDestroy_v2(context));
    printf("cuCtxDestroy: device %d\n", ordinal);
}

int main(int argc, char **argv)
{
    int version, count;
    Device device;
    setvbuf(stdout, NULL, _IOLBF, 0);
    load(argc > 1 ? argv[1] : "libcuda.so.1");
    CALL(cuInit(0));
    CALL(cuDriverGetVersion(&version));
    CALL(cuDeviceGetCount(&count));
    printf("cuInit: CUDA %d.%d, devices: %d\n", version / 1000, version % 1000 / 10, count);
    check(count > 0, "at least one device");
    for (int ordinal = 0; ordinal < count; ordinal++) {
        CALL(cuDeviceGet(&device, ordinal));
        describe(device, ordinal);
    }
    for (int ordinal = 0; ordinal < count; ordinal++) {
        CALL(cuDeviceGet(&device, ordinal));
        use(device, ordinal);
    }
    printf("all ok\n");
    return 0;
}

#pragma once

#include <cstddef>
#include <cstdint>

// ONNX Runtime's C ABI, as far as this worker uses it. The library hands out a table of function
// pointers to which every release only appends, so a function is its slot number and signature. The
// numbers were counted from the public order of struct OrtApi; Api::Api checks some of them by
// effect.
namespace headway::workers::ort {

struct Status;
struct Env;
struct SessionOptions;
struct Session;
struct RunOptions;
struct MemoryInfo;
struct Value;
struct Allocator;
struct TensorInfo;
struct CudaOptions;

/// A function of the table: its slot and its type.
template <std::size_t Slot, typename Signature>
struct Function;

template <std::size_t Slot, typename Result, typename... Args>
struct Function<Slot, Result(Args...)> {
  Result operator()(const void* const* table, Args... args) const {
    return reinterpret_cast<Result (*)(Args...)>(const_cast<void*>(table[Slot]))(args...);
  }
};

// Version 1 of the table.
inline constexpr Function<0, Status*(int, const char*)> kCreateStatus;
inline constexpr Function<1, int(const Status*)> kGetErrorCode;
inline constexpr Function<2, const char*(const Status*)> kGetErrorMessage;
inline constexpr Function<3, Status*(int, const char*, Env**)> kCreateEnv;
inline constexpr Function<7, Status*(const Env*, const char*, const SessionOptions*, Session**)>
    kCreateSession;
inline constexpr Function<9, Status*(Session*, const RunOptions*, const char* const*,
                                     const Value* const*, std::size_t, const char* const*,
                                     std::size_t, Value**)>
    kRun;
inline constexpr Function<10, Status*(SessionOptions**)> kCreateSessionOptions;
inline constexpr Function<13, Status*(SessionOptions*, int)> kSetSessionExecutionMode;
inline constexpr Function<23, Status*(SessionOptions*, int)> kSetSessionGraphOptimizationLevel;
inline constexpr Function<24, Status*(SessionOptions*, int)> kSetIntraOpNumThreads;
inline constexpr Function<25, Status*(SessionOptions*, int)> kSetInterOpNumThreads;
inline constexpr Function<30, Status*(const Session*, std::size_t*)> kSessionGetInputCount;
inline constexpr Function<31, Status*(const Session*, std::size_t*)> kSessionGetOutputCount;
inline constexpr Function<36, Status*(const Session*, std::size_t, Allocator*, char**)>
    kSessionGetInputName;
inline constexpr Function<37, Status*(const Session*, std::size_t, Allocator*, char**)>
    kSessionGetOutputName;
inline constexpr Function<49, Status*(const MemoryInfo*, void*, std::size_t, const std::int64_t*,
                                      std::size_t, int, Value**)>
    kCreateTensorWithData;
inline constexpr Function<50, Status*(const Value*, int*)> kIsTensor;
inline constexpr Function<51, Status*(Value*, void**)> kGetTensorMutableData;
inline constexpr Function<60, Status*(const TensorInfo*, int*)> kGetTensorElementType;
inline constexpr Function<61, Status*(const TensorInfo*, std::size_t*)> kGetDimensionsCount;
inline constexpr Function<62, Status*(const TensorInfo*, std::int64_t*, std::size_t)>
    kGetDimensions;
inline constexpr Function<65, Status*(const Value*, TensorInfo**)> kGetTensorTypeAndShape;
inline constexpr Function<69, Status*(int, int, MemoryInfo**)> kCreateCpuMemoryInfo;
inline constexpr Function<71, Status*(const MemoryInfo*, const char**)> kMemoryInfoGetName;
inline constexpr Function<76, Status*(Allocator*, void*)> kAllocatorFree;
inline constexpr Function<78, Status*(Allocator**)> kGetAllocatorWithDefaultOptions;
inline constexpr Function<92, void(Env*)> kReleaseEnv;
inline constexpr Function<93, void(Status*)> kReleaseStatus;
inline constexpr Function<94, void(MemoryInfo*)> kReleaseMemoryInfo;
inline constexpr Function<95, void(Session*)> kReleaseSession;
inline constexpr Function<96, void(Value*)> kReleaseValue;
inline constexpr Function<99, void(TensorInfo*)> kReleaseTensorInfo;
inline constexpr Function<100, void(SessionOptions*)> kReleaseSessionOptions;
// Version 4.
inline constexpr Function<125, Status*(char***, int*)> kGetAvailableProviders;
inline constexpr Function<126, Status*(char**, int)> kReleaseAvailableProviders;
// Version 5.
inline constexpr Function<130, Status*(SessionOptions*, const char*, const char*)>
    kAddSessionConfigEntry;
// Version 11.
inline constexpr Function<204, Status*(SessionOptions*, const CudaOptions*)> kAppendCuda;
inline constexpr Function<205, Status*(CudaOptions**)> kCreateCudaOptions;
inline constexpr Function<208, void(CudaOptions*)> kReleaseCudaOptions;
// Version 12.
inline constexpr Function<216, Status*(SessionOptions*, const char*, const char* const*,
                                       const char* const*, std::size_t)>
    kAppendProvider;

inline constexpr std::uint32_t kTableForCpu = 5;
inline constexpr std::uint32_t kTableForGpu = 12;

/// What the one exported function, OrtGetApiBase, returns.
struct ApiBase {
  const void* const* (*get_table)(std::uint32_t version);
  const char* (*get_version)();
};

inline constexpr int kLogError = 3;
inline constexpr int kSequential = 0;
inline constexpr int kOptimizeNothing = 0;
inline constexpr int kOptimizeAll = 99;
inline constexpr int kArenaAllocator = 1;
inline constexpr int kDefaultMemory = 0;

// Error codes.
inline constexpr int kInvalidArgument = 2;
inline constexpr int kNoSuchFile = 3;
inline constexpr int kNoModel = 4;
inline constexpr int kInvalidProtobuf = 7;
inline constexpr int kNotImplemented = 9;
inline constexpr int kInvalidGraph = 10;

}  // namespace headway::workers::ort

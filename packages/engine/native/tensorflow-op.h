// An operation of TensorFlow through its C API, which stays the same from release to release.
#pragma once

#include <cstdint>
#include <new>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

namespace autoregseg {

struct Failure {
  const char* what;
};

inline void check(bool holds, const char* what) {
  if (!holds) throw Failure{what};
}

typedef std::vector<int64_t> Shape;

inline size_t sizeOf(const Shape& shape) {
  size_t size = 1;
  for (const int64_t side : shape) size *= side;
  return size;
}

struct Tensor {
  Shape shape;
  float* data;
  int channels() const { return shape.empty() ? 0 : static_cast<int>(shape.back()); }
  size_t positions() const { return channels() == 0 ? 0 : sizeOf(shape) / channels(); }
  Shape withChannels(int count) const {
    Shape changed = shape;
    changed.back() = count;
    return changed;
  }
};

// One call of an operation: its inputs and outputs.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Call() {
    for (TF_Tensor* tensor : held_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }

  Tensor input(int index) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, index, &tensor, status_);
    hold(tensor);
    Shape shape;
    for (int axis = 0; axis < TF_NumDims(tensor); axis++) shape.push_back(TF_Dim(tensor, axis));
    return {shape, static_cast<float*>(TF_TensorData(tensor))};
  }

  float* output(int index, const Shape& shape) {
    return static_cast<float*>(allocate(index, shape, TF_FLOAT, sizeof(float)));
  }

  char* booleanOutput(int index, const Shape& shape) {
    return static_cast<char*>(allocate(index, shape, TF_BOOL, sizeof(char)));
  }

  void fail(const char* what) {
    TF_SetStatus(status_, TF_INVALID_ARGUMENT, what);
    TF_OpKernelContext_Failure(context_, status_);
  }

 private:
  void* allocate(int index, const Shape& shape, TF_DataType type, size_t bytes) {
    const int rank = static_cast<int>(shape.size());
    TF_Tensor* tensor = TF_AllocateOutput(context_, index, type, shape.data(), rank, sizeOf(shape) * bytes, status_);
    hold(tensor);
    return TF_TensorData(tensor);
  }

  void hold(TF_Tensor* tensor) {
    check(TF_GetCode(status_) == TF_OK && tensor != nullptr, "no memory for a map");
    held_.push_back(tensor);
  }

  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> held_;
};

// Reads the attributes of an operation while it is made.
class Construction {
 public:
  explicit Construction(TF_OpKernelConstruction* construction) : construction_(construction), status_(TF_NewStatus()) {}
  ~Construction() {
    if (TF_GetCode(status_) != TF_OK) TF_OpKernelConstruction_Failure(construction_, status_);
    TF_DeleteStatus(status_);
  }

  int32_t integer(const char* name) {
    int32_t value = 0;
    TF_OpKernelConstruction_GetAttrInt32(construction_, name, &value, status_);
    return value;
  }

  bool boolean(const char* name) {
    unsigned char value = 0;
    TF_OpKernelConstruction_GetAttrBool(construction_, name, &value, status_);
    return value != 0;
  }

  std::vector<int32_t> integers(const char* name) {
    int32_t count = 0, size = 0;
    TF_OpKernelConstruction_GetAttrSize(construction_, name, &count, &size, status_);
    std::vector<int32_t> values(std::max(0, count));
    if (count > 0) TF_OpKernelConstruction_GetAttrInt32List(construction_, name, values.data(), count, status_);
    return values;
  }

 private:
  TF_OpKernelConstruction* construction_;
  TF_Status* status_;
};

// An Operation is made of a Construction&, and computes by compute(Call&).
template <typename Operation>
void registerOp(const char* name, std::vector<const char*> inputs, std::vector<const char*> outputs,
                std::vector<const char*> attributes) {
  const auto make = [](TF_OpKernelConstruction* context) -> void* {
    Construction construction(context);
    return new Operation(construction);
  };
  const auto compute = [](void* operation, TF_OpKernelContext* context) {
    Call call(context);
    try {
      static_cast<const Operation*>(operation)->compute(call);
    } catch (const Failure& failure) {
      call.fail(failure.what);
    } catch (const std::bad_alloc&) {
      call.fail("no memory for a map");
    }
  };
  const auto destroy = [](void* operation) { delete static_cast<Operation*>(operation); };
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(definition, output);
  TF_OpDefinitionBuilderAddAttr(definition, "T: {float}");
  for (const char* attribute : attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK)
    TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", make, compute, destroy), status);
  TF_DeleteStatus(status);
}

}  // namespace autoregseg

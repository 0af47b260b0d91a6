#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "headway/tensor.h"

namespace headway::torchscript {

/// Writes a Python pickle of protocol 2, opcode by opcode (Python's pickletools documents them).
class PickleWriter {
 public:
  PickleWriter();

  void global(std::string_view module, std::string_view name);
  void string(std::string_view text);
  void integer(std::int64_t value);
  void boolean(bool value);
  void mark() { bytes_ += '('; }
  void tuple() { bytes_ += 't'; }  ///< Of everything since the mark.
  void empty_tuple() { bytes_ += ')'; }
  void empty_dict() { bytes_ += '}'; }
  void set_items() { bytes_ += 'u'; }      ///< Into the dict below the mark.
  void new_object() { bytes_ += '\x81'; }  ///< From a class and a tuple.
  void build() { bytes_ += 'b'; }          ///< Sets an object's state.
  void reduce() { bytes_ += 'R'; }         ///< Calls a function with a tuple.
  void persistent_id() { bytes_ += 'Q'; }

  /// A dense tensor whose elements are the archive's entry data/<key>. Throws Error(kUnsupported)
  /// for dtypes that PyTorch 1.13 does not have.
  void tensor(DType dtype, const Shape& shape, std::string_view key);

  std::string finish() &&;

 private:
  std::string bytes_;
};

}  // namespace headway::torchscript

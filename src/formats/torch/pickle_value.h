#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "headway/tensor.h"

#include "formats/torch/storage.h"

namespace headway::torch {

struct PickleObject;

/// A Python object out of a pickle: None, bool, int, float, string, tensor, storage, or one with
/// parts. Strings point into the pickle's bytes.
using PickleValue = std::variant<std::monostate, bool, std::int64_t, double, std::string_view,
                                 Tensor, std::shared_ptr<const Storage>, const PickleObject*>;

/// An object with parts; owned by its Pickle, so that cycles and depth do no harm.
struct PickleObject {
  enum class Kind {
    kList,
    kTuple,
    kDict,    ///< `items` are keys and values in turn.
    kGlobal,  ///< A class or function; nothing but its name.
    kRecord,  ///< An instance of the class `name`, or what calling it would give. Never made.
  };
  Kind kind = Kind::kRecord;
  std::string name;                ///< "module.name" of a global, or a record's class.
  std::vector<PickleValue> items;  ///< A record's: the tuple that its class was called with.
  PickleValue state;               ///< A record's: what __setstate__ would get.

  /// A dict's value of that key; nullptr if there is none.
  const PickleValue* find(std::string_view key) const;
};

/// nullptr unless `value` is an object of that kind.
const PickleObject* as(const PickleValue& value, PickleObject::Kind kind) noexcept;

/// A pickle's object and everything that it refers to.
class Pickle {
 public:
  PickleValue root;
  std::size_t size = 0;  ///< Bytes up to and including its STOP.

 private:
  friend class PickleMachine;
  std::deque<PickleObject> objects_;
};

}  // namespace headway::torch

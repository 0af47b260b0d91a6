#include "formats/torch/pickle.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <unordered_map>

#include "base/error.h"
#include "base/strings.h"

namespace headway::torch {

using Kind = PickleObject::Kind;

/// A stack machine; Python's pickletools documents its opcodes.
class PickleMachine {
 public:
  PickleMachine(std::span<const std::byte> bytes, std::string_view source,
                const PersistentLoad& load)
      : text_(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
        source_(source),
        load_(load) {}

  Pickle run() {
    try {
      while (true) {
        const auto opcode = static_cast<unsigned char>(take(1)[0]);
        if (opcode == '.') break;
        step(opcode);
      }
      pickle_.root = pop();
    } catch (const Error& error) {
      fail(error.code(), source_, ", byte ", position_, ": ", error.what());
    }
    pickle_.size = position_;
    return std::move(pickle_);
  }

 private:
  template <typename... Args>
  [[noreturn]] static void malformed(const Args&... args) {
    fail(ErrorCode::kInvalidModel, "the pickle is malformed: ", args...);
  }

  std::string_view take(std::size_t count) {
    if (count > text_.size() - position_) malformed("it ends in the middle");
    position_ += count;
    return text_.substr(position_ - count, count);
  }

  std::uint64_t number(std::size_t bytes) {
    const std::string_view digits = take(bytes);
    std::uint64_t value = 0;
    for (std::size_t i = bytes; i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(digits[i]);
    return value;
  }

  std::string_view line() {
    const std::size_t end = text_.find('\n', position_);
    if (end == std::string_view::npos) malformed("it ends in the middle");
    const std::string_view text = take(end - position_);
    take(1);
    return text;
  }

  void push(PickleValue value) { stack_.push_back(std::move(value)); }

  PickleValue pop() {
    if (stack_.empty() || (!marks_.empty() && stack_.size() == marks_.back()))
      malformed("it takes more than there is");
    PickleValue value = std::move(stack_.back());
    stack_.pop_back();
    return value;
  }

  /// Everything above the topmost mark.
  std::vector<PickleValue> pop_marked() {
    if (marks_.empty()) malformed("a mark is missing");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<PickleValue> items(std::make_move_iterator(first),
                                   std::make_move_iterator(stack_.end()));
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
  }

  void push_object(Kind kind, std::vector<PickleValue> items, std::string name = {}) {
    count(items.size());
    pickle_.objects_.push_back({kind, std::move(name), std::move(items), {}});
    push(&pickle_.objects_.back());
  }

  /// Items take a byte each at least; only a list that becomes a dict is there twice.
  void count(std::size_t items) {
    items_ += items;
    if (items_ > 2 * position_) malformed("it repeats its items");
  }

  /// The object on top, to be changed; all are made by push_object().
  PickleObject* top_object() {
    if (stack_.empty() || (!marks_.empty() && stack_.size() == marks_.back()))
      malformed("it takes more than there is");
    const auto* object = std::get_if<const PickleObject*>(&stack_.back());
    return object == nullptr ? nullptr : const_cast<PickleObject*>(*object);
  }

  void append(std::vector<PickleValue> items) {
    PickleObject* list = top_object();
    if (list == nullptr || (list->kind != Kind::kList && list->kind != Kind::kRecord))
      malformed("items are appended to what is no list");
    count(items.size());
    if (list->kind == Kind::kList) std::ranges::move(items, std::back_inserter(list->items));
  }

  void set_items(std::vector<PickleValue> items) {
    PickleObject* dict = top_object();
    if (dict == nullptr || (dict->kind != Kind::kDict && dict->kind != Kind::kRecord))
      malformed("items are set in what is no dict");
    if (items.size() % 2 != 0) malformed("a key has no value");
    count(items.size());
    if (dict->kind == Kind::kDict) std::ranges::move(items, std::back_inserter(dict->items));
  }

  void push_tuple(std::size_t count) {
    std::vector<PickleValue> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    push_object(Kind::kTuple, std::move(items));
  }

  void push_string(std::size_t size) { push(take(size)); }

  void push_long(std::size_t size) {
    if (size > 8) fail(ErrorCode::kUnsupported, "an integer takes more than 64 bits");
    std::uint64_t value = number(size);
    if (size > 0 && size < 8 && (value >> (8 * size - 1) & 1) != 0)
      value |= std::numeric_limits<std::uint64_t>::max() << (8 * size);
    push(static_cast<std::int64_t>(value));
  }

  void push_double() {
    std::uint64_t bits = 0;
    for (const char byte : take(8)) bits = bits << 8 | static_cast<unsigned char>(byte);
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    push(value);
  }

  void push_global(std::string_view module, std::string_view name) {
    constexpr std::size_t kMaxName = 4096;
    if (module.size() > kMaxName || name.size() > kMaxName) malformed("a class has no proper name");
    push_object(Kind::kGlobal, {}, concat(module, ".", name));
  }

  void push_stack_global() {
    const PickleValue name = pop(), module = pop();
    const auto* name_text = std::get_if<std::string_view>(&name);
    const auto* module_text = std::get_if<std::string_view>(&module);
    if (name_text == nullptr || module_text == nullptr) malformed("a class has no proper name");
    push_global(*module_text, *name_text);
  }

  /// REDUCE and NEWOBJ: a call of a global, which is looked up in the list of harmless ones.
  void push_call() {
    const PickleValue arguments = pop(), function = pop();
    const PickleObject* tuple = as(arguments, Kind::kTuple);
    const PickleObject* global = as(function, Kind::kGlobal);
    if (tuple == nullptr || global == nullptr) malformed("a call of what is no class or function");
    Called called = reduce(global->name, tuple->items);
    switch (called.kind) {
      case Called::Kind::kValue:
        return push(std::move(called.value));
      case Called::Kind::kDict:
        return push_object(Kind::kDict, std::move(called.items));
      case Called::Kind::kUnknown:
        return push_object(Kind::kRecord, {arguments}, global->name);
    }
  }

  void build() {
    PickleValue state = pop();
    PickleObject* object = top_object();
    if (object == nullptr || (object->kind != Kind::kRecord && object->kind != Kind::kDict))
      malformed("the state of what is no object is set");
    if (object->kind == Kind::kRecord) object->state = std::move(state);
  }

  void persistent_load() {
    const PickleValue id = pop();
    const PickleObject* tuple = as(id, Kind::kTuple);
    if (tuple == nullptr) malformed("a persistent id is no tuple");
    push(load_(*tuple));
  }

  void remember(std::uint64_t key) {
    if (stack_.empty()) malformed("it remembers what is not there");
    memo_[key] = stack_.back();
  }

  void recall(std::uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) malformed("it recalls what it never remembered");
    push(found->second);
  }

  void step(unsigned char opcode) {
    switch (opcode) {
      case 0x80:  // PROTO
        if (const std::uint64_t version = number(1); version < 2 || version > 5)
          fail(ErrorCode::kUnsupported, "pickles of protocol ", version, " are not supported");
        return;
      case 0x95:  // FRAME
        static_cast<void>(number(8));
        return;
      case '(':
        return marks_.push_back(stack_.size());
      case 'N':
        return push(std::monostate());
      case 0x88:
        return push(true);
      case 0x89:
        return push(false);
      case 'J':
        return push(static_cast<std::int64_t>(static_cast<std::int32_t>(number(4))));
      case 'K':
        return push(static_cast<std::int64_t>(number(1)));
      case 'M':
        return push(static_cast<std::int64_t>(number(2)));
      case 0x8a:  // LONG1
        return push_long(number(1));
      case 'G':
        return push_double();
      case 'X':  // BINUNICODE
      case 'T':  // BINSTRING
      case 'B':  // BINBYTES
        return push_string(number(4));
      case 0x8c:  // SHORT_BINUNICODE
      case 'U':   // SHORT_BINSTRING
      case 'C':   // SHORT_BINBYTES
        return push_string(number(1));
      default:
        return step_structure(opcode);
    }
  }

  void step_structure(unsigned char opcode) {
    switch (opcode) {
      case ')':
        return push_object(Kind::kTuple, {});
      case 't':
        return push_object(Kind::kTuple, pop_marked());
      case 0x85:
      case 0x86:
      case 0x87:
        return push_tuple(opcode - 0x84U);
      case ']':
        return push_object(Kind::kList, {});
      case 'l':
        return push_object(Kind::kList, pop_marked());
      case 'a': {
        PickleValue item = pop();
        return append({std::move(item)});
      }
      case 'e':
        return append(pop_marked());
      case '}':
        return push_object(Kind::kDict, {});
      case 's': {
        PickleValue value = pop(), key = pop();
        return set_items({std::move(key), std::move(value)});
      }
      case 'u':
        return set_items(pop_marked());
      case 0x8f:  // EMPTY_SET
        return push_object(Kind::kRecord, {}, "builtins.set");
      case 0x90:  // ADDITEMS
        return append(pop_marked());
      default:
        return step_object(opcode);
    }
  }

  void step_object(unsigned char opcode) {
    switch (opcode) {
      case 'c': {
        const std::string_view module = line();
        return push_global(module, line());
      }
      case 0x93:
        return push_stack_global();
      case 'R':
      case 0x81:  // NEWOBJ
        return push_call();
      case 'b':
        return build();
      case 'Q':
        return persistent_load();
      case 'q':
        return remember(number(1));
      case 'r':
        return remember(number(4));
      case 0x94:  // MEMOIZE
        return remember(memo_.size());
      case 'h':
        return recall(number(1));
      case 'j':
        return recall(number(4));
      default:
        fail(ErrorCode::kUnsupported, "opcode ", int{opcode},
             " does not occur in PyTorch's pickles and is refused");
    }
  }

  std::string_view text_;
  std::string_view source_;
  const PersistentLoad& load_;
  std::size_t position_ = 0;
  std::size_t items_ = 0;  ///< Of all objects together.
  std::vector<PickleValue> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, PickleValue> memo_;
  Pickle pickle_;
};

Pickle read_pickle(std::span<const std::byte> bytes, std::string_view source,
                   const PersistentLoad& load) {
  return PickleMachine(bytes, source, load).run();
}

}  // namespace headway::torch

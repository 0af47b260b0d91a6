#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "formats/torchscript/reader/recorder.h"

/// What operators on numbers and those on lists, tuples, dicts and strings need of each other.
namespace headway::script {

using Arguments = const std::vector<IValue>&;
/// nullopt: there is no such operator for these arguments.
using Result = std::optional<IValue>;

/// Of a list or a string.
inline constexpr std::size_t kMostElements = 100'000;

std::optional<double> as_double(const IValue& value);
/// An int, an extent or a bool.
bool is_plain_int(const IValue& value);
/// Lists, tuples and strings element by element; nullopt for what has no order.
std::optional<bool> equal(const IValue& a, const IValue& b, int depth = 0);

Result arithmetic(Recorder& recorder, std::string_view name, Arguments arguments);
Result list_operator(Recorder& recorder, std::string_view name, Arguments arguments);
Result tuple_operator(Recorder& recorder, std::string_view name, Arguments arguments);
Result dict_operator(Recorder& recorder, std::string_view name, Arguments arguments);
Result string_operator(Recorder& recorder, std::string_view name, Arguments arguments);

}  // namespace headway::script

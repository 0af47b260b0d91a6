#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace headway {

/// Makes the three standard descriptors exist, so that a file opened later never takes their place
/// and is written to by mistake. Writing to one that was closed fails.
void reserve_standard_descriptors();

/// Writes to the standard output at once; control characters but line ends become spaces. Throws
/// Error(kIo) if it is closed, full or broken.
void print(std::string_view text);

/// An object as indented JSON and a newline; text that is not UTF-8 is repaired.
void print_json(const nlohmann::ordered_json& json);

/// Flushes what others wrote with stdio. Throws like print().
void finish_output();

/// "headway: <sentence>" as one line on the standard error.
void print_error(std::string_view sentence) noexcept;

/// The command line as it was typed, spaces and all.
std::string typed_command();

/// 25557032 as "25,557,032".
std::string grouped(std::int64_t number);

}  // namespace headway

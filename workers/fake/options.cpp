#include "options.h"

#include <cstdlib>
#include <functional>
#include <map>

#include "base/error.h"
#include "bench/units.h"

namespace headway::bench {
namespace {

using Parser = std::function<void(FakeOptions&, const std::string& value, const std::string& name)>;

Parser duration(std::int64_t FakeOptions::*member) {
  return [member](FakeOptions& options, const std::string& value, const std::string& name) {
    options.*member = parse_duration(value, "option " + name + " of the fake runtime");
  };
}

Parser fraction(double FakeOptions::*member) {
  return [member](FakeOptions& options, const std::string& value, const std::string& name) {
    options.*member = parse_fraction(value, "option " + name + " of the fake runtime");
  };
}

Parser count(std::int64_t FakeOptions::*member) {
  return [member](FakeOptions& options, const std::string& value, const std::string&) {
    options.*member = std::strtoll(value.c_str(), nullptr, 10);
  };
}

std::map<std::string, Parser> parsers() {
  return {
      {"delay", duration(&FakeOptions::delay_ns)},
      {"jitter", duration(&FakeOptions::jitter_ns)},
      {"drift", duration(&FakeOptions::drift_ns)},
      {"process", fraction(&FakeOptions::process_noise)},
      {"wander", fraction(&FakeOptions::wander)},
      {"load", duration(&FakeOptions::load_ns)},
      {"first", duration(&FakeOptions::first_ns)},
      {"warmup", count(&FakeOptions::warmup_calls)},
      {"crash_after", count(&FakeOptions::crash_after)},
      {"hang_after", count(&FakeOptions::hang_after)},
      {"garbage_after", count(&FakeOptions::garbage_after)},
      {"interrupt_after", count(&FakeOptions::interrupt_after)},
      {"error_after", count(&FakeOptions::error_after)},
      {"chatter", count(&FakeOptions::chatter)},
      {"spin", count(&FakeOptions::spin)},
      {"wrong", fraction(&FakeOptions::wrong)},
      {"missing", [](FakeOptions& options, const std::string& value,
                     const std::string&) { options.missing = value != "0"; }},
      {"clock", [](FakeOptions& options, const std::string& value,
                   const std::string&) { options.virtual_clock = value == "virtual"; }},
  };
}

}  // namespace

FakeOptions parse_fake_options(const Settings& settings) {
  const std::map<std::string, Parser> known = parsers();
  FakeOptions options;
  for (const auto& [name, value] : settings) {
    const auto parser = known.find(name);
    if (parser == known.end()) {
      std::string names;
      for (const auto& [known_name, unused] : known)
        names += (names.empty() ? "" : ", ") + known_name;
      fail(ErrorCode::kInvalidArgument, "the fake runtime has no option '", name, "'; it has ",
           names);
    }
    parser->second(options, value, name);
  }
  return options;
}

}  // namespace headway::bench

#include "backends/tuner.h"

#include <algorithm>
#include <fstream>
#include <istream>
#include <sstream>
#include <system_error>

#include "base/atomic_file.h"
#include "base/cache_folder.h"
#include "base/error.h"

namespace headway {
namespace {

constexpr std::string_view kHeader = "headway tuning 1";

/// Some megabytes; what a great many models need is a fraction of it.
constexpr std::size_t kMostChoices = 20000;

}  // namespace

Tuner::Tuner(std::filesystem::path file, bool may_measure)
    : file_(std::move(file)), may_measure_(may_measure), known_(read()) {}

Tuner::Tuner(std::string_view chosen) : may_measure_(false) {
  std::istringstream lines{std::string(chosen)};
  known_ = parse(lines);
}

/// Lines of a key, a tab and the name of an algorithm.
Tuner::Choices Tuner::parse(std::istream& lines) {
  Choices choices;
  std::string line;
  while (choices.size() < kMostChoices && std::getline(lines, line)) {
    const std::size_t tab = line.find('\t');
    if (tab != std::string::npos) choices.try_emplace(line.substr(0, tab), line.substr(tab + 1));
  }
  return choices;
}

Tuner::Choices Tuner::read() const {
  if (file_.empty()) return {};
  std::ifstream stream(file_);
  std::string line;
  if (!std::getline(stream, line) || line != kHeader) return {};
  return parse(stream);
}

std::size_t Tuner::choose(const std::string& key, std::span<const std::string_view> candidates,
                          const std::function<double(std::size_t)>& measure) {
  const std::lock_guard lock(mutex_);
  const std::size_t best = decide(key, candidates, measure);
  if (best < candidates.size()) made_[key] = candidates[best];
  return best;
}

std::string Tuner::chosen(std::string_view prefix) const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [key, choice] : made_) {
    if (key.starts_with(prefix)) text += key.substr(prefix.size()) + '\t' + choice + '\n';
  }
  return text;
}

std::size_t Tuner::decide(const std::string& key, std::span<const std::string_view> candidates,
                          const std::function<double(std::size_t)>& measure) {
  if (const auto found = known_.find(key); found != known_.end()) {
    const auto candidate = std::ranges::find(candidates, found->second);
    if (candidate != candidates.end()) {
      return static_cast<std::size_t>(candidate - candidates.begin());
    }
  }
  if (!may_measure_ || candidates.size() < 2) return 0;
  std::size_t best = 0;
  double best_seconds = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const double seconds = measure(i);
    if (i > 0 && seconds >= best_seconds) continue;
    best = i;
    best_seconds = seconds;
  }
  measured_[key] = known_[key] = candidates[best];
  return best;
}

bool Tuner::save() {
  const std::lock_guard lock(mutex_);
  if (measured_.empty() || file_.empty()) return true;
  Choices all = read();
  if (all.size() + measured_.size() > kMostChoices) all.clear();
  for (const auto& [key, choice] : measured_) all[key] = choice;
  std::string text = std::string(kHeader) + '\n';
  for (const auto& [key, choice] : all) text += key + '\t' + choice + '\n';
  try {
    std::error_code ignored;  // write_file says what is wrong with the folder.
    std::filesystem::create_directories(file_.parent_path(), ignored);
    write_file(file_, text);
  } catch (const Error&) {
    return false;
  }
  measured_.clear();
  return true;
}

std::filesystem::path Tuner::default_file() {
  const std::filesystem::path folder = cache_folder();
  return folder.empty() ? folder : folder / "tuning";
}

}  // namespace headway

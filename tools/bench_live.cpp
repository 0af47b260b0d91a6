#include "bench_live.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <unistd.h>

#include "base/error.h"
#include "bench/clock.h"
#include "bench/statistics.h"
#include "bench/table.h"
#include "bench/units.h"

namespace headway {
namespace {

constexpr std::int64_t kRefresh = 100'000'000;
constexpr std::size_t kTitleWidth = 34;

std::string bar(double done) {
  constexpr int kCells = 24;
  const int full = static_cast<int>(std::clamp(done, 0.0, 1.0) * kCells);
  std::string text;
  for (int cell = 0; cell < kCells; ++cell) text += cell < full ? "█" : "░";
  return text;
}

std::string status_line(const bench::Progress& progress) {
  std::string text = concat(bar(progress.done), "  ", progress.phase);
  if (progress.done > 0.02) {
    const double elapsed = static_cast<double>(progress.elapsed_ns);
    const double left = std::max(elapsed / progress.done - elapsed, 0.0);
    text += concat(" · process ", progress.generation + 1, " of ", progress.generations, " · ",
                   static_cast<int>(left / 1e9 + 0.5), " s left");
  }
  return text;
}

std::string row_line(const bench::RowResult& row, bool active) {
  std::string title = row.spec.title + (row.spec.tuned ? " (tuned)" : "");
  title += std::string(kTitleWidth - std::min(kTitleWidth, bench::display_width(title)), ' ');
  std::string text = concat(active ? "▸ " : "  ", title);
  if (row.failure) return text + std::string(name_of(row.failure->kind));
  std::vector<double> samples;
  if (!row.processes.empty()) samples = bench::flatten(samples_of(row));
  if (samples.empty()) return text + "…";
  const std::size_t count = samples.size();
  return text +
         concat(bench::format_duration(bench::median(std::move(samples))), "  (", count, " calls)");
}

}  // namespace

LiveDisplay::LiveDisplay() : enabled_(isatty(STDERR_FILENO) == 1) {}

void LiveDisplay::progress(const bench::Progress& progress,
                           const std::vector<const bench::RowResult*>& rows, std::size_t active) {
  if (!enabled_) return;
  const std::int64_t now = bench::Clock().now();
  if (now - last_ns_ < kRefresh) return;
  last_ns_ = now;
  clear();
  std::string text = status_line(progress) + '\n';
  for (std::size_t row = 0; row < rows.size(); ++row) {
    text += row_line(*rows[row], row == active) + '\n';
  }
  lines_ = rows.size() + 1;
  std::fputs(text.c_str(), stderr);
}

void LiveDisplay::clear() {
  if (lines_ > 0) std::fprintf(stderr, "\x1b[%zuA\x1b[J", lines_);
  lines_ = 0;
}

}  // namespace headway

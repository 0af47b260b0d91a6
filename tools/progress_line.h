#pragma once

#include <string>

namespace headway {

/// "measuring the peak  42 %" on the standard error while something takes its time; gone when it is
/// over. Silent if the standard error is not a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(std::string title);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// `done` is between 0 and 1.
  void show(double done);

 private:
  std::string title_;
  bool enabled_;
};

}  // namespace headway

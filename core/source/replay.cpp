// SPDX-License-Identifier: Apache-2.0
// Streams a recording: whole lines out of a buffer that grows with the longest line, up to a limit.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "base/fd.hpp"
#include "base/io.hpp"
#include "base/text.hpp"
#include "source/recording.hpp"
#include "source/recording_parser.hpp"

namespace dmev {
namespace {

// A table or status of the kernel is at most a few MiB; what is longer is no recording.
constexpr std::size_t kLongestLine = 16 << 20;
constexpr std::size_t kFirstBuffer = 256 << 10;

class Replay {
 public:
    Replay(std::string file, const std::function<void(Observation&&)>& sink,
           const std::function<void(const Error&)>& bad, const std::function<bool()>& enough)
        : file_(std::move(file)), sink_(sink), bad_(bad), enough_(enough), parser_(file_) {}

    // Bytes as they come, cut anywhere.
    std::span<char> room() {
        if (buffer_.size() - recording::kBeyond == end_) buffer_.resize(buffer_.size() * 2);
        return {buffer_.data() + end_, buffer_.size() - recording::kBeyond - end_};
    }
    // False when no more is wanted.
    bool add(std::size_t size) {
        const char* const fresh = buffer_.data() + end_;
        end_ += size;
        std::size_t begin = 0, from = static_cast<std::size_t>(fresh - buffer_.data());
        while (const void* found = std::memchr(buffer_.data() + from, '\n', end_ - from)) {
            const auto newline = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
            line(begin, newline);
            if (enough_()) return false;
            begin = from = newline + 1;
        }
        std::memmove(buffer_.data(), buffer_.data() + begin, end_ - begin);
        end_ -= begin;
        if (end_ > kLongestLine) {
            if (!too_long_) complain_too_long(line_ + 1);
            too_long_ = true;
            end_ = 0; // the rest of the line follows
        }
        return true;
    }
    void finish() {
        if (end_ > 0 || too_long_) line(0, end_);
    }
    ReplayResult result() const { return result_; }

 private:
    void line(std::size_t begin, std::size_t end) {
        ++line_;
        if (std::exchange(too_long_, false)) return; // its tail; it was reported
        if (end - begin > kLongestLine) return complain_too_long(line_);
        while (end > begin && std::strchr(" \t\r", buffer_[end - 1])) --end;
        if (std::all_of(&buffer_[begin], &buffer_[end], [](char c) { return c == ' ' || c == '\t'; })) return;
        if (const auto read = parser_.parse(&buffer_[begin], end - begin, line_, observation_); read) {
            ++result_.observations;
            sink_(std::move(observation_));
        } else {
            ++result_.bad_lines;
            bad_(read.error());
        }
    }
    void complain_too_long(int line) {
        Error error;
        error.what = "bad line in recording";
        error.why = "longer than " + std::to_string(kLongestLine >> 20) + " MiB";
        error.place = {file_, line, 0};
        ++result_.bad_lines;
        bad_(error);
    }

    const std::string file_;
    const std::function<void(Observation&&)>& sink_;
    const std::function<void(const Error&)>& bad_;
    const std::function<bool()>& enough_;
    recording::Parser parser_;
    Observation observation_; // the last one: its memory serves the next
    std::vector<char> buffer_ = std::vector<char>(kFirstBuffer);
    std::size_t end_ = 0;   // what is in the buffer: the beginning of a line
    bool too_long_ = false; // the line that goes on was given up
    int line_ = 0;          // complete lines so far
    ReplayResult result_;
};

} // namespace

Result<ReplayResult> replay(const std::string& file, const std::function<void(Observation&&)>& sink,
                            const std::function<void(const Error&)>& bad,
                            const std::function<bool()>& enough) {
    const bool standard_input = file == "-";
    const auto open_file = [&] { return ::open(file.c_str(), O_RDONLY | O_CLOEXEC); };
    const Fd opened{standard_input ? -1 : uninterrupted(open_file)};
    const auto name = standard_input ? "standard input" : escape(file);
    const auto failed = [&name](const char* what) {
        auto error = errno_error(what, name, errno);
        error.remedy = "name a file that --record wrote, or - for standard input";
        return error;
    };
    if (!standard_input && !opened) return failed("cannot open recording");
    Replay lines{name, sink, bad, enough};
    for (;;) {
        const auto room = lines.room();
        const auto n = ::read(standard_input ? STDIN_FILENO : opened.get(), room.data(), room.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed("cannot read recording");
        if (n == 0) lines.finish();
        if (n == 0 || !lines.add(static_cast<std::size_t>(n))) return lines.result();
    }
}

} // namespace dmev

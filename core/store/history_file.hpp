// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "model/remembered.hpp"
#include "store/database.hpp"

namespace dmev {

struct HistoryRow {
    enum class Kind { event, decision, gap } kind = Kind::event;
    Time time{};
    std::string id; // the event's, also of a decision
    std::string type;
    std::int64_t severity = 0;
    std::string name, uuid; // the device's own bytes
    std::string json;
    std::size_t bytes() const { return sizeof *this + name.size() + uuid.size() + json.size(); }
};
const char* history_kind_name(HistoryRow::Kind kind);

// The history's file, as its writer knows it: no thread, no queue, every call may block. After an error it
// is closed; the next open() begins anew.
class HistoryFile {
 public:
    HistoryFile(std::string file, std::string boot_id) : file_(std::move(file)), boot_(std::move(boot_id)) {}

    // What is damaged is set aside and a new file begun: set_aside() tells of it. What is not ours is
    // refused.
    Result<> open();
    void close() { database_.close(); }
    explicit operator bool() const { return static_cast<bool>(database_); }
    // Why the file that was found is no longer used, once; else empty.
    std::string set_aside() { return std::exchange(set_aside_, {}); }
    // The last error of open() was that its place is not there yet, or cannot be written yet.
    bool too_early() const { return too_early_; }

    // All of it or nothing. REMEMBERED are changes, or with WHOLE everything that this boot remembers.
    Result<> write(std::span<const HistoryRow> rows, std::span<const Remembered> remembered, bool whole);

    // Removes at most kPiece of the oldest rows, if they are older than KEEP or the file is larger than
    // MAX_SIZE; whether there are more of them.
    static constexpr std::size_t kPiece = 2000;
    Result<bool> trim(Time now, std::chrono::seconds keep, std::uint64_t max_size);

    // What the last boot before this one remembered.
    Result<std::vector<Remembered>> earlier();
    Result<> forget_earlier();

 private:
    Result<> try_open(const std::string& path);
    Result<bool> trim_some(Time now, std::chrono::seconds keep, std::uint64_t max_size);
    Result<> check_place();
    void look();
    // What was cut short may be whole all the same.
    Result<> check_contents();
    Result<> put_aside();
    // A bounded number of free pages is given back to the file system; whether more of them can be.
    Result<bool> give_back_pages();
    // After ERROR: closes it, and sets it aside if that is to blame.
    Error give_up(const Error& error);

    const std::string file_, boot_;
    std::string path_; // of file_, without links
    struct Seen {
        std::uint64_t inode = 0; // 0: there is none
        std::int64_t size = 0;
    };
    static Seen see(const std::string& file);
    Seen seen_, seen_log_; // as we left them
    Database database_;
    std::string set_aside_;
    bool too_early_ = false;
    bool cut_short_ = false; // by somebody else
    bool damaged_ = false;   // though the library did not say so
    bool shrinking_ = false; // rows were removed, and the file is not shorter yet
};

} // namespace dmev

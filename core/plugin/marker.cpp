// SPDX-License-Identifier: Apache-2.0
#include "plugin/marker.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/fd.hpp"
#include "base/io.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/rapidjson.hpp"
#include "base/trust.hpp"
#include "plugin/crash_note.hpp"

namespace dmev {
namespace {

// A line has a few hundred bytes, and a plugin that is named in one is not called again.
constexpr std::size_t kLongest = 1u << 20;

// What tells FAMILY's file from every other, and from itself before and after an update, as members of a JSON
// object: a line of the mark begins with them. Empty when the file is not there.
std::string identity(const Family& family) {
    struct stat stat {};
    if (::stat(family.file.c_str(), &stat) != 0) return {};
    std::string members;
    JsonWriter json{members};
    json.begin_object();
    json.member("plugin", family.name);
    json.member("file", family.file);
    json.member("inode", std::uint64_t{stat.st_ino});
    json.member("size", std::int64_t{stat.st_size});
    json.member("mtime_ns", std::int64_t{stat.st_mtim.tv_sec} * 1'000'000'000 + stat.st_mtim.tv_nsec);
    return members.substr(1); // without the brace, so that more can follow
}

std::string text_of(const rapidjson::Document& object, const char* name) {
    const auto it = object.FindMember(name);
    return it != object.MemberEnd() && it->value.IsString()
               ? std::string{it->value.GetString(), it->value.GetStringLength()}
               : "?";
}

// "it crashed (SIGSEGV) in look() of thin-pool on vg-pool at 2026-01-31T10:15:02Z"
std::string told_by(const std::string& line) {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag>(line.data(), line.size());
    const auto& object = std::as_const(document);
    if (object.HasParseError() || !object.IsObject()) return "it crashed"; // cut short, as by a full disk
    const auto end = text_of(object, "end");
    const auto how =
        end == "exit" ? std::string{"it ended the program"} : fmt::format("it crashed ({})", end);
    const auto at = object.FindMember("at");
    const auto when = at != object.MemberEnd() && at->value.IsInt64()
                          ? " at " + format_utc(Time{std::chrono::seconds{at->value.GetInt64()}})
                          : "";
    return fmt::format("{} in {}() of {} on {}{}", how, text_of(object, "call"), text_of(object, "target"),
                       text_of(object, "device"), when);
}

} // namespace

Result<PluginMarker> PluginMarker::open(const std::string& directory) {
    std::error_code ignored;
    std::filesystem::create_directory(directory, ignored); // one that cannot be made cannot be opened either
    PluginMarker marker{directory + "/plugin.mark"};
    if (auto r = marker.read(); !r) return r.error();
    if (auto r = note_crashes(marker.file_); !r) return r.error();
    return marker;
}

Result<> PluginMarker::read() {
    const char* const what = "cannot read which plugins crashed";
    const Fd fd{
        uninterrupted([&] { return ::open(file_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC); })};
    if (!fd) return errno == ENOENT ? Result<>{} : errno_error(what, file_, errno);
    struct stat stat {};
    if (fstat(fd.get(), &stat) != 0) return errno_error(what, file_, errno);
    if (auto fault = stranger(stat, geteuid(), false); !S_ISREG(stat.st_mode) || !fault.empty())
        return Error{ErrorKind::failed, what, file_, fault.empty() ? "it is no file" : "it " + fault,
                     "remove it"};
    const auto text = read_whole(fd.get(), std::min(kLongest, static_cast<std::size_t>(stat.st_size)));
    if (!text) return errno_error(what, file_, errno);
    for (std::size_t at = 0; at < text->size();) {
        const auto end = std::min(text->find('\n', at), text->size());
        lines_.push_back(text->substr(at, end - at));
        at = end + 1;
    }
    return {};
}

void PluginMarker::attend(std::span<Plugin> plugins) const {
    for (auto& plugin : plugins) {
        const auto members = identity(plugin.family());
        if (members.empty()) continue;
        plugin.conduct().identify(members);
        const std::string* last = nullptr;
        for (const auto& line : lines_)
            if (line.starts_with("{" + members + ",")) last = &line;
        if (last) plugin.conduct().set_aside(fmt::format("{} ({})", told_by(*last), file_));
    }
}

Result<> PluginMarker::forget() const {
    const Fd fd{::open(file_.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    if (!fd && errno == ENOENT) return {};
    if (!fd || ftruncate(fd.get(), 0) != 0)
        return errno_error("cannot forget which plugins crashed", file_, errno);
    return {};
}

} // namespace dmev

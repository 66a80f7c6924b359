// SPDX-License-Identifier: Apache-2.0
// multipathd's protocol: a stream socket; a command and its answer each as a length (a size_t as it lies in
// memory) and so many bytes, of which the last is NUL. A list of all maps is asked for, since a map's name in
// a command could be taken for words of it.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "action/manager_talk.hpp"
#include "base/fd.hpp"

namespace dmev::manager {
namespace {

constexpr char command[] = "show maps raw format \"%n\""; // sent with its end
constexpr std::size_t longest_answer = 32 * 1024 * 1024;  // its own limit

// A stream that cannot block; or none, and errno.
Fd connect_to(const std::string& place) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (place.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return {};
    }
    place.copy(address.sun_path, place.size());
    auto size = offsetof(sockaddr_un, sun_path) + place.size();
    if (place.starts_with('@'))
        address.sun_path[0] = '\0';
    else
        ++size; // its end
    Fd fd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (fd &&
        connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size)) < 0) {
        const int error = errno;
        fd.reset();
        errno = error;
    }
    return fd;
}

std::optional<std::string> ask(int fd, const Deadline& deadline) {
    std::size_t size = sizeof command;
    std::string out(reinterpret_cast<const char*>(&size), sizeof size);
    if (!write_all(fd, out.append(command, sizeof command), deadline)) return std::nullopt;
    const auto head = read_exactly(fd, sizeof size, deadline);
    if (!head) return std::nullopt;
    std::memcpy(&size, head->data(), sizeof size);
    if (size > longest_answer) return std::nullopt;
    auto text = read_exactly(fd, size, deadline);
    while (text && !text->empty() && text->back() == '\0') text->pop_back();
    return text;
}

// LIST: a name a line. "ok" is how it answers when there is no map at all; a map could have that name.
bool lists(std::string_view list, std::string_view map) {
    const auto lines = "\n" + std::string{list} + "\n";
    return lines.find("\n" + std::string{map} + "\n") != std::string::npos;
}

} // namespace

Managed ask_multipathd(std::string_view map, const ManagerPlaces& places, const Deadline& deadline) {
    if (map.empty()) return Managed::no;
    for (const auto& place : places.multipathd_sockets) {
        const auto fd = connect_to(place);
        if (!fd && (errno == ECONNREFUSED || errno == ENOENT)) continue;
        if (!fd) return Managed::unknown;
        const auto answer = ask(fd.get(), deadline);
        if (!answer) return Managed::unknown;
        if (lists(*answer, map)) return Managed::yes;
        return *answer == "fail\n" || *answer == "timeout\n" ? Managed::unknown : Managed::no;
    }
    return Managed::no;
}

} // namespace dmev::manager

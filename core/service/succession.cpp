// SPDX-License-Identifier: Apache-2.0
#include "service/succession.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <utility>

#include "base/fd.hpp"
#include "base/io.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace dmev {
namespace {

// What is owed is in there: a moment's want of descriptors or memory is waited for, where it is there at all.
Result<Ledger> open_patiently(const std::string& file) {
    constexpr int tries = 10, pause_ms = 100;
    for (int i = 1;; ++i) {
        auto opened = Ledger::open(file, boot_id());
        if (opened || i == tries || ::access(file.c_str(), F_OK) != 0) return opened;
        poll(nullptr, 0, pause_ms); // nothing tells when it is over
    }
}

} // namespace

std::optional<std::vector<Remembered>> Succession::inherit(bool begin_anew) {
    const auto lose = [this](const std::string& why) {
        log::warning("{}; what an earlier instance knew is lost", why);
        why_ = why;
    };
    auto opened = open_patiently(file_);
    if (!opened) {
        lose(opened.error().text());
        not_before_ = Clock::now() + try_again_;
        return {};
    }
    ledger_.emplace(std::move(*opened));
    for (const auto& warning : ledger_->warnings()) log::warning("{}", warning);
    why_ = ledger_->damage();
    if (ledger_->begun_anew()) return {};
    auto rows = ledger_->load();
    if (!rows) {
        lose(rows.error().text());
        ledger_.reset(); // what it has is not to be taken for ours
        return {};
    }
    for (const auto& row : *rows) all_.insert_or_assign({row.kind, row.key}, row.value);
    if (!begin_anew) return std::move(*rows);
    for (auto& row : *rows) take_note({std::move(row.kind), std::move(row.key), {}});
    return std::vector<Remembered>{};
}

std::vector<Remembered> Succession::everything() const {
    std::vector<Remembered> rows;
    for (const auto& [key, value] : all_) rows.push_back({key.first, key.second, value});
    return rows;
}

void Succession::connect(Ports ports) {
    ports_ = std::move(ports);
    if (!why_.empty() && ports_.state) ports_.state(why_);
}

void Succession::take_note(Remembered&& row) {
    Key key{std::move(row.kind), std::move(row.key)};
    unkept_.insert(key);
    if (row.value.empty())
        all_.erase(key);
    else
        all_.insert_or_assign(std::move(key), std::move(row.value));
}

// What is in it is of somebody whose place we have already.
Result<> Succession::open_late() {
    auto opened = Ledger::open(file_, boot_id(), std::chrono::milliseconds{0});
    if (!opened) return opened.error();
    auto rows = opened->load();
    if (!rows) return rows.error();
    for (auto& row : *rows) unkept_.emplace(std::move(row.kind), std::move(row.key));
    for (const auto& [key, value] : all_) unkept_.insert(key);
    ledger_.emplace(std::move(*opened));
    return {};
}

// MENDED: what was wrong until now. What takes longer than a commit is not tried each time.
Result<> Succession::commit(std::string& mended) {
    const auto now = Clock::now();
    const bool hard = now >= not_before_;
    if (!ledger_) {
        if (!hard) return Error{ErrorKind::failed, "", "", why_, ""};
        not_before_ = now + try_again_;
        if (auto r = open_late(); !r) return r;
    }
    std::vector<Remembered> rows;
    for (const auto& key : unkept_) {
        const auto it = all_.find(key);
        rows.push_back({key.first, key.second, it == all_.end() ? std::string{} : it->second});
    }
    auto r = ledger_->commit(rows);
    if (r || !hard || !ledger_->is_faulty()) return r;
    not_before_ = now + try_again_;
    mended = r.error().text() + "; set aside as " + escape(file_) + ".bad, a new one is begun from memory";
    r = ledger_->begin_anew(everything());
    if (!r) mended.clear();
    return r;
}

void Succession::collect(const std::function<std::vector<Remembered>()>& changed) {
    if (!changed) return;
    auto rows = changed();
    if (!rows.empty() && ports_.copy) ports_.copy(rows);
    for (auto& row : rows) take_note(std::move(row));
}

void Succession::keep_owed() {
    collect(ports_.owed);
    if (!unkept_.empty()) keep();
}

void Succession::keep() {
    collect(ports_.owed);
    for (const auto& changed : ports_.changed) collect(changed);
    if (unkept_.empty() && why_.empty()) return;
    std::string mended;
    const auto kept = commit(mended);
    if (kept) unkept_.clear();
    // Last, since what is said changes something itself, which calls this again.
    if (!mended.empty()) say(mended);
    if (static_cast<bool>(kept) != why_.empty()) say(kept ? std::string{} : kept.error().text());
}

void Succession::say(const std::string& why) {
    why_ = why;
    if (ports_.state) ports_.state(why);
}

std::string boot_id() {
    constexpr std::size_t longest = 64;
    const Fd fd{
        uninterrupted([] { return ::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC); })};
    const auto text = fd ? read_whole(fd.get(), longest) : std::nullopt;
    return text ? text->substr(0, text->find('\n')) : std::string{};
}

} // namespace dmev

// SPDX-License-Identifier: Apache-2.0
#include "source/kernel_source.hpp"

#include <sys/epoll.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "base/log.hpp"
#include "source/control.hpp"
#include "source/in_step.hpp"
#include "source/netlink.hpp"
#include "source/reader_pool.hpp"
#include "source/writes.hpp"

namespace dmev {
namespace {

// Who is suspended stands in nothing that wakes us; where all is quiet it is looked for ever more seldom, up
// to so many times the first interval.
constexpr int longest_quiet = 8;

// A list is made again while uevents tell that it is outdated; beyond this the loop gets its turn first.
constexpr int lists_in_a_row = 8;
constexpr auto list_pause = std::chrono::seconds{1};

std::function<Time()> steady_time_of_day() {
    const auto day = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    return [day, start = Loop::Clock::now()] {
        return day + std::chrono::duration_cast<Duration>(Loop::Clock::now() - start);
    };
}

ReaderSetup reader_setup(const KernelOptions& options) {
    ReaderSetup setup;
    for (const auto& claim : options.claims)
        setup.claims.push_back({claim.target, claim.table, claim.served_by});
    setup.all_statuses = options.all_statuses;
    setup.hide_diskseq = options.hide_diskseq;
    return setup;
}

class KernelSource : public Source {
 public:
    KernelSource(KernelOptions options, Launcher& launcher, Control control, UeventSocket uevents)
        : hide_diskseq_(options.hide_diskseq),
          suspended_sweep_(options.suspended_sweep),
          clock_(options.clock ? std::move(options.clock) : steady_time_of_day()),
          control_(std::move(control)),
          uevents_(std::move(uevents)),
          tracker_(options.tracker),
          pool_(launcher, reader_setup(options), static_cast<std::size_t>(std::max(options.readers, 1))) {}

    ~KernelSource() override {
        if (!loop_) return;
        loop_->forget(control_.fd());
        loop_->forget(uevents_.fd());
        loop_->cancel(timer_);
        loop_->cancel(sweep_timer_);
    }

    Result<> start(Loop& loop, Sink sink) override;

    void wish(const Wish& wished) override {
        const auto now = clock_();
        auto wish = wished;
        if (wish.by) wish.by = in_step(*wish.by, now);
        if (wish.unwritten_by) wish.unwritten_by = in_step(*wish.unwritten_by, now);
        const bool awaits_writes = wish.by && wish.unwritten_by;
        if (awaits_writes)
            writes_.wish(wish, now);
        else
            writes_.forget(wish.device);
        tracker_.wish(wish.device, awaits_writes ? std::nullopt : wish.by);
        if (!working_) set_timer();
    }

 private:
    void begin();
    void take_uevents();
    bool make_list(bool even_if_outdated);
    void work();
    void go_on();
    void deliver();
    void set_timer();
    void on_replies(std::vector<ReadReply>&& replies);
    void note_error(const ReadReply& reply);
    void sweep_after(Duration delay);
    void stirred();
    void sweep();

    bool hide_diskseq_;
    Duration suspended_sweep_, sweep_delay_{};
    std::function<Time()> clock_;
    Control control_;
    DeviceList list_;
    UeventSocket uevents_;
    Tracker tracker_;
    ReaderPool pool_;
    Writes writes_;
    Loop* loop_ = nullptr;
    Sink sink_;
    Loop::TimerId timer_ = 0, sweep_timer_ = 0;
    bool woken_ = false;   // something happened since the last list
    bool working_ = false; // the sink may call wish() while we are
    std::optional<Time> no_list_before_;
    std::map<DevNum, int> errors_; // devices that cannot be read, to say so once
};

Result<> KernelSource::start(Loop& loop, Sink sink) {
    sink_ = std::move(sink);
    loop_ = &loop;
    const auto on_control = [this](std::uint32_t) {
        woken_ = true;
        stirred();
        work();
    };
    // An edge for each wake-up: it stays readable until armed, and a list that failed waits for a while.
    if (auto watched = loop.watch(control_.fd(), EPOLLIN | EPOLLET, on_control); !watched) return watched;
    if (auto watched = loop.watch(uevents_.fd(), EPOLLIN, [this](std::uint32_t) { work(); }); !watched)
        return watched;
    const auto lost = [this](std::uint32_t call) {
        tracker_.lost(call, clock_());
        work();
    };
    ReaderPool::Handlers handlers;
    handlers.replied = [this](std::vector<ReadReply>&& replies) { on_replies(std::move(replies)); };
    handlers.begun = [this](std::uint32_t call) { tracker_.begun(call, clock_()); };
    handlers.lost = lost;
    handlers.withdrawn = [this](std::uint32_t call) { tracker_.withdrawn(call); };
    handlers.changed = [this] { work(); };
    if (auto started = pool_.start(loop, std::move(handlers)); !started) return started;
    timer_ = loop.after(Loop::Clock::duration{0}, [this] { begin(); });
    return {};
}

void KernelSource::begin() {
    utsname system{};
    uname(&system);
    std::string boot_id;
    std::ifstream{"/proc/sys/kernel/random/boot_id"} >> boot_id;
    sink_({clock_(), SourceStarted{DMEVENT_VERSION, system.release, control_.version(), boot_id}});
    work();
    sweep_after(suspended_sweep_);
}

void KernelSource::sweep_after(Duration delay) {
    sweep_delay_ = delay;
    loop_->cancel(sweep_timer_);
    sweep_timer_ =
        loop_->after(std::chrono::duration_cast<Loop::Clock::duration>(delay), [this] { sweep(); });
}

// Something happened. Who suspends devices mostly does something else to them as well.
void KernelSource::stirred() {
    if (sweep_delay_ > suspended_sweep_) sweep_after(suspended_sweep_);
}

void KernelSource::sweep() {
    log::debug("looking for devices left suspended: the kernel does not tell of a suspend");
    for (const auto number : tracker_.awake())
        if (control_.is_suspended(number)) tracker_.look_again(number);
    work();
    sweep_after(std::min(2 * sweep_delay_, longest_quiet * suspended_sweep_));
}

void KernelSource::take_uevents() {
    UeventReading uevent;
    for (;;) {
        switch (uevents_.receive(uevent)) {
            case UeventSocket::Got::nothing: return;
            case UeventSocket::Got::overrun: tracker_.overrun(); break;
            case UeventSocket::Got::uevent:
                if (hide_diskseq_)
                    std::erase_if(uevent.env, [](const auto& v) { return v.first == "DISKSEQ"; });
                tracker_.uevent(std::move(uevent));
        }
    }
}

// Arm first, then list: what happens in between wakes us again. Uevents that came before the list was made
// are taken in before it is; if they tell of something that it may not show yet, another one is better.
bool KernelSource::make_list(bool even_if_outdated) {
    tracker_.listing();
    auto armed = control_.arm();
    const auto listed = armed ? control_.list(list_) : armed;
    if (!listed) {
        log::error("{}", listed.error().text());
        no_list_before_ = clock_() + list_pause;
        woken_ = true;
        return false;
    }
    no_list_before_.reset();
    woken_ = false;
    take_uevents();
    if (!tracker_.wants_list() || even_if_outdated)
        tracker_.listed(list_);
    else
        list_.forget();
    return true;
}

void KernelSource::on_replies(std::vector<ReadReply>&& replies) {
    // The barrier: the kernel sends path uevents before it moves event_nr, so those that these statuses
    // already show are in the queue by now, and go first.
    take_uevents();
    log::debug("readers have answered: {} devices", replies.size());
    const auto now = clock_();
    for (auto& reply : replies) {
        note_error(reply);
        tracker_.replied(std::move(reply), now);
    }
    go_on();
}

void KernelSource::note_error(const ReadReply& reply) {
    const auto number = reply.reading.id.number;
    if (reply.outcome != ReadOutcome::failed)
        errors_.erase(number);
    else if (std::exchange(errors_[number], reply.error) != reply.error)
        log::warning("cannot read device {}: {}", number.text(), std::strerror(reply.error));
}

void KernelSource::work() {
    take_uevents();
    go_on();
}

// Everything there is to do now: whatever happened ends here.
void KernelSource::go_on() {
    const auto now = clock_();
    // It may be we who were busy, or stopped: who has answered meanwhile does not hang.
    if (tracker_.has_late(now)) pool_.hear();
    working_ = true;
    if (const auto polled = tracker_.advance(now); polled > 0)
        log::debug("reading again what may have moved on without a word: {} devices", polled);
    if (const auto due = writes_.due(); due && *due <= now) {
        log::debug("looking whether what could reach a limit was written to");
        for (const auto number : writes_.look(now)) tracker_.look_again(number);
    }
    const bool paused = no_list_before_ && clock_() < *no_list_before_;
    for (int lists = 1; !paused && lists <= lists_in_a_row && (woken_ || tracker_.wants_list()); ++lists)
        if (!make_list(lists == lists_in_a_row)) break;
    for (const auto call : tracker_.take_stuck()) pool_.give_up(call);
    if (tracker_.may_add_reader()) pool_.refill();
    if (pool_.usable() == 0) tracker_.no_readers();
    while (pool_.idle() || (tracker_.many_wait() && pool_.room())) {
        const auto call = tracker_.next_call(clock_());
        if (!call) break;
        if (!pool_.ask(*call)) tracker_.waits(call->id);
    }
    pool_.send();
    deliver();
    working_ = false;
    set_timer();
}

void KernelSource::deliver() {
    // All of it was there by now. What is dealt with late did not come later: a batch of path uevents, newest
    // first, would fall apart.
    const auto now = clock_();
    for (auto& what : tracker_.take()) sink_({now, std::move(what)});
}

void KernelSource::set_timer() {
    auto due = tracker_.due();
    if (const auto look = writes_.due()) due = due ? std::min(*due, *look) : look;
    if (woken_ || tracker_.wants_list()) { // a list that failed, or that was outdated too often
        const auto list = no_list_before_.value_or(clock_());
        due = due ? std::min(*due, list) : list;
    }
    loop_->cancel(timer_);
    timer_ = 0;
    if (!due) return;
    const auto delay = std::max(*due - clock_(), Duration{0});
    timer_ = loop_->after(std::chrono::duration_cast<Loop::Clock::duration>(delay), [this] { work(); });
}

} // namespace

Result<std::unique_ptr<Source>> kernel_source(KernelOptions options, Launcher& launcher) {
    auto control = Control::open(!options.hide_list_extras);
    if (!control) return std::move(control).error();
    auto uevents = UeventSocket::open();
    if (!uevents) return std::move(uevents).error();
    return std::unique_ptr<Source>{std::make_unique<KernelSource>(std::move(options), launcher,
                                                                  *std::move(control), *std::move(uevents))};
}

} // namespace dmev

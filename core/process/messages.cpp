// SPDX-License-Identifier: Apache-2.0
#include "process/messages.hpp"

#include "process/wire.hpp"

namespace dmev {
namespace {

enum class MessageKind : std::uint8_t { order = 1, started = 2, overdue = 3, ended = 4 };

// Together well below max_report.
constexpr std::size_t max_text = 16 << 10;
constexpr std::size_t max_suspended = 64, max_name = 128;

using std::chrono::milliseconds;

void put(WireWriter& out, milliseconds time) { out.put(std::int64_t{time.count()}); }
milliseconds time(WireReader& in) { return milliseconds{in.get<std::int64_t>()}; }

void put_texts(WireWriter& out, const std::vector<std::string>& texts) {
    out.list(texts, [&](const auto& text) { out.put(text); });
}
std::vector<std::string> texts(WireReader& in) {
    std::vector<std::string> list;
    in.list(sizeof(std::uint32_t), [&] { list.push_back(in.text()); });
    return list;
}

void put(WireWriter& out, const Program& program) {
    put_texts(out, program.argv);
    out.list(program.env, [&](const auto& variable) {
        out.put(variable.first);
        out.put(variable.second);
    });
    out.put(program.as_self);
    out.put(program.uid);
    out.put(program.gid);
    out.list(program.groups, [&](gid_t group) { out.put(group); });
    put(out, program.timeout);
    put(out, program.grace);
    out.put(program.interruptible);
    out.put(program.by_hook);
    out.list(program.guards, [&](const auto& guard) {
        out.put(guard.who);
        out.put(guard.about);
        put_texts(out, guard.instead);
    });
    out.put(program.note);
}

Program program(WireReader& in) {
    Program program;
    program.argv = texts(in);
    in.list(2 * sizeof(std::uint32_t), [&] {
        auto name = in.text();
        program.env.emplace_back(std::move(name), in.text());
    });
    program.as_self = in.flag();
    program.uid = in.get<uid_t>();
    program.gid = in.get<gid_t>();
    in.list(sizeof(gid_t), [&] { program.groups.push_back(in.get<gid_t>()); });
    program.timeout = time(in);
    program.grace = time(in);
    program.interruptible = in.flag();
    program.by_hook = in.flag();
    in.list(3 * sizeof(std::uint32_t), [&] {
        auto& guard = program.guards.emplace_back();
        guard.who = in.text();
        guard.about = in.text();
        guard.instead = texts(in);
    });
    program.note = in.text();
    return program;
}

void put(WireWriter& out, const Started& started) {
    out.put(MessageKind::started);
    out.put(started.process.pid);
    out.put(started.process.start);
}
void put(WireWriter& out, const Overdue& overdue) {
    out.put(MessageKind::overdue);
    put(out, overdue.after);
}
void put(WireWriter& out, const Ended& ended) {
    const auto cut = [](std::string_view text, std::size_t most) { return text.substr(0, most); };
    out.put(MessageKind::ended);
    out.put(static_cast<std::uint8_t>(ended.how));
    out.put(ended.stuck);
    out.put(ended.status);
    out.put(ended.timed_out);
    put(out, ended.duration);
    out.put(cut(ended.why, max_text));
    out.put(cut(ended.managed_by, max_name));
    const std::string_view output = ended.output;
    out.put(output.substr(output.size() - std::min(output.size(), max_text)));
    out.put(ended.output_bytes);
    auto suspended = ended.suspended;
    suspended.resize(std::min(suspended.size(), max_suspended));
    out.list(suspended, [&](const auto& name) { out.put(cut(name, max_name)); });
}

Started started(WireReader& in) {
    Started started;
    started.process.pid = in.get<pid_t>();
    started.process.start = in.get<std::uint64_t>();
    return started;
}

Ended ended(WireReader& in) {
    Ended ended;
    ended.how = static_cast<Ended::How>(in.at_most(static_cast<std::uint8_t>(Ended::How::lost)));
    ended.stuck = in.flag();
    ended.status = in.get<int>();
    ended.timed_out = in.flag();
    ended.duration = time(in);
    ended.why = in.text();
    ended.managed_by = in.text();
    ended.output = in.text();
    ended.output_bytes = in.get<std::uint64_t>();
    ended.suspended = texts(in);
    return ended;
}

} // namespace

std::string encode(const Order& order) {
    WireWriter out;
    out.put(MessageKind::order);
    out.put(order.id);
    out.put(order.jobs);
    out.put(order.dispatcher.pid);
    out.put(order.dispatcher.start);
    put(out, order.program);
    return std::move(out).take();
}

std::optional<Order> decode_order(std::string_view bytes) {
    WireReader in{bytes};
    if (in.get<std::uint8_t>() != static_cast<std::uint8_t>(MessageKind::order)) return std::nullopt;
    Order order;
    order.id = in.text();
    order.jobs = in.text();
    order.dispatcher.pid = in.get<pid_t>();
    order.dispatcher.start = in.get<std::uint64_t>();
    order.program = program(in);
    if (!in.done()) return std::nullopt;
    return order;
}

std::string encode(const Report& report) {
    WireWriter out;
    std::visit([&](const auto& alternative) { put(out, alternative); }, report);
    return std::move(out).take();
}

std::optional<Report> decode_report(std::string_view bytes) {
    WireReader in{bytes};
    std::optional<Report> report;
    switch (static_cast<MessageKind>(in.get<std::uint8_t>())) {
        case MessageKind::started: report = started(in); break;
        case MessageKind::overdue: report = Overdue{time(in)}; break;
        case MessageKind::ended: report = ended(in); break;
        default: return std::nullopt;
    }
    if (!in.done()) return std::nullopt;
    return report;
}

} // namespace dmev

// SPDX-License-Identifier: Apache-2.0
#include "store/history.hpp"

#include "model/event_json.hpp"
#include "store/history_writer.hpp"
#include "store/own_thread.hpp"

namespace dmev {

History::History(HistoryOptions options, std::string boot_id, Sink sink)
    : writer_(std::make_shared<HistoryWriter>(std::move(options), std::move(boot_id))),
      sink_(std::move(sink)) {
    const int error = start_own_thread([writer = writer_] { writer->run(); }, writer_->fd());
    if (error != 0) writer_->could_not_start(error);
}

History::~History() {
    constexpr std::chrono::milliseconds patience{1000};
    writer_->drain(patience);
    writer_->stop();
}

int History::fd() const { return writer_->fd(); }

void History::dispatch() {
    auto news = writer_->news();
    for (const auto& why : news.states)
        if (sink_.state) sink_.state(why);
    if (news.earlier && sink_.remembered) sink_.remembered(*std::move(news.earlier));
}

bool History::works() const { return writer_->works(); }

void History::event(const Event& event) {
    HistoryRow row;
    row.time = event.time;
    row.id = event.id;
    row.type = event.type;
    row.severity = static_cast<std::int64_t>(event.severity);
    if (event.device) {
        row.name = event.device->name;
        row.uuid = event.device->uuid;
    }
    row.json = event_json(event);
    writer_->add(std::move(row));
}

void History::decision(Time time, const std::string& event_id, std::string json) {
    HistoryRow row;
    row.kind = HistoryRow::Kind::decision;
    row.time = time;
    row.id = event_id;
    row.json = std::move(json);
    writer_->add(std::move(row));
}

void History::remember(std::vector<Remembered> changes) {
    if (!changes.empty()) writer_->remember(std::move(changes));
}

void History::lost(std::uint64_t rows) { writer_->lost(rows); }

void History::earlier_settled() { writer_->settle_earlier(); }

void History::limit(std::chrono::seconds keep, std::uint64_t max_size) { writer_->limit(keep, max_size); }

bool History::drain(std::chrono::milliseconds patience) { return writer_->drain(patience); }

History::Counts History::counts() const { return writer_->counts(); }

} // namespace dmev

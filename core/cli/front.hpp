// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "base/loop.hpp"
#include "cli/options.hpp"
#include "output/output.hpp"
#include "service/outlet.hpp"

namespace dmev {

// Events on standard output while in the foreground. It never waits for the reader.
class Front {
 public:
    Front() = default;
    Front(const Front&) = delete;
    Front& operator=(const Front&) = delete;
    ~Front();

    // Stops LOOP when the reader of standard output leaves: at once if the kernel tells, else at the next
    // write.
    Result<> open(Loop& loop, const Options& options);

    void event(const Event& event) { output_->event(event); }
    void decision(const Decision& decision) { output_->decision(decision); }
    void drain() { outlet_->drain(); }
    bool lost() const { return lost_; } // something could not be written, though there was a reader

 private:
    void failed(int errno_value);
    void left();

    Loop* loop_ = nullptr;
    std::unique_ptr<Outlet> outlet_;
    std::unique_ptr<Output> output_;
    bool watched_ = false;
    bool lost_ = false;
};

} // namespace dmev

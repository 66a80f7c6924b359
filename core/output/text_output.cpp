// SPDX-License-Identifier: Apache-2.0
#include "output/text_parts.hpp"

namespace dmev {
namespace {

class TextOutput : public Output {
 public:
    TextOutput(Lines lines, TextStyle style) : lines_(std::move(lines)), style_(style) {}

    void event(const Event& event) override {
        last_ = event.id;
        lines_(text::event(event, style_));
    }
    void decision(const Decision& decision) override {
        const bool below = decision.event == last_;
        if (!below) last_.clear(); // no more of it follows directly
        lines_(text::decision(decision, below));
    }
    void catalogue(const Catalogue& catalogue) override { lines_(text::catalogue(catalogue)); }
    void devices(std::span<const DeviceState> devices) override { lines_(text::devices(devices, style_)); }

 private:
    Lines lines_;
    TextStyle style_;
    std::string last_; // the id of the event that decisions stand below
};

} // namespace

std::unique_ptr<Output> text_output(Output::Lines lines, TextStyle style) {
    return std::make_unique<TextOutput>(std::move(lines), style);
}

} // namespace dmev

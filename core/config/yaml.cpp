// SPDX-License-Identifier: Apache-2.0
// The one file that knows yaml-cpp. Its events build our tree; what YAML has beyond lists, maps and scalars
// is refused here, and what the library lets through is found (or was, by check_text).
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <unordered_map>

#include "base/text.hpp"
#include "config/node.hpp"
#include "config/yaml_text.hpp"

namespace dmev {
namespace {

constexpr std::size_t kDeepest = 32;
constexpr std::size_t kMostNodes = 50'000;

// Ends the parsing: what is wrong is told.
struct Stop {};

class Builder : public YAML::EventHandler {
 public:
    Builder(std::string_view text, const std::string& file, Diagnostics& diagnostics)
        : text_(text), file_(file), diagnostics_(diagnostics) {}

    Node take() { return std::move(root_); }

    // Everything is of the first document; a second one is begun by `---`, or is what could not be parsed.
    void OnDocumentStart(const YAML::Mark& mark) override {
        if (documents_++ == 0) return;
        const auto offset = static_cast<std::size_t>(std::max(mark.pos, 0));
        if (text_.substr(std::min(offset, text_.size())).starts_with("---"))
            diagnostics_.error(place(mark), "a second document", {}, "only one is read",
                               "remove the line '---', or put what follows into a file of its own");
        else
            diagnostics_.error(place(mark), "what stands here is no part of the YAML before it", {}, {},
                               "check the indentation, the quotes and the brackets here and above");
        throw Stop{};
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
        auto nothing = node(Node::Kind::null, mark);
        const auto offset = std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), text_.size());
        // Of an item that is nothing, the '-' is where people look.
        const auto dash = text_.substr(0, offset).find_last_not_of(" \t\r\n");
        if (dash != std::string_view::npos && text_[dash] == '-') {
            const auto skipped = text_.substr(dash, offset - dash);
            nothing.at.line -= static_cast<int>(std::count(skipped.begin(), skipped.end(), '\n'));
            nothing.at.column = static_cast<int>(dash - (text_.rfind('\n', dash) + 1)) + 1;
        }
        put(std::move(nothing));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        refuse(mark, "an alias ('*name')",
               "write out what it stands for; a text that begins with '*' needs quotes");
        auto alias = node(Node::Kind::null, mark);
        alias.faulty = true;
        put(std::move(alias));
    }

    void OnAnchor(const YAML::Mark& mark, const std::string&) override {
        refuse(mark, "an anchor ('&name')", "remove it");
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  const std::string& value) override {
        auto scalar = node(Node::Kind::scalar, mark);
        scalar.quoted = tag == "!";
        scalar.faulty = tagged(mark, tag);
        scalar.text = value;
        if (scalar.quoted && !is_terminated(text_, static_cast<std::size_t>(std::max(mark.pos, 0)))) {
            diagnostics_.error(place(mark), "a quoted text that does not end", {}, {},
                               "put the closing quote");
            throw Stop{};
        }
        if (value.find('\0') != std::string::npos) {
            diagnostics_.error(place(mark), "a text with a NUL in it", {}, "no program can be given one",
                               "remove the \"\\0\"");
            scalar.faulty = true;
        }
        put(std::move(scalar));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {
        open(node(Node::Kind::list, mark), mark, tag);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {
        open(node(Node::Kind::map, mark), mark, tag);
    }
    void OnMapEnd() override { close(); }

 private:
    // A container that is being filled; of a map also the key whose value comes next.
    struct Frame {
        Node node;
        std::vector<Node> key;                         // none or one
        std::unordered_map<std::string, Place> places; // of the keys so far
    };

    Place place(const YAML::Mark& mark) const {
        return mark.is_null() ? Place{file_} : Place{file_, mark.line + 1, mark.column + 1};
    }

    Node node(Node::Kind kind, const YAML::Mark& mark) {
        if (++nodes_ > kMostNodes) {
            diagnostics_.error(place(mark), "the file has too many values", {},
                               fmt::format("more than {}", kMostNodes), "split it over files in conf.d");
            throw Stop{};
        }
        Node made;
        made.kind = kind;
        made.at = place(mark);
        return made;
    }

    void refuse(const YAML::Mark& mark, const char* what, const char* remedy) {
        diagnostics_.error(place(mark), what, {}, "this part of YAML is not supported", remedy);
    }

    bool tagged(const YAML::Mark& mark, const std::string& tag) {
        // "!" is also how the library marks a quoted text.
        const auto offset = static_cast<std::size_t>(std::max(mark.pos, 0));
        const bool written = offset < text_.size() && text_[offset] == '!';
        if (tag.empty() || tag == "?" || (tag == "!" && !written)) return false;
        refuse(mark, "a tag ('!type')", "remove it; each key knows its type");
        return true;
    }

    void open(Node container, const YAML::Mark& mark, const std::string& tag) {
        if (stack_.size() >= kDeepest) {
            diagnostics_.error(place(mark), "nested too deeply", {},
                               fmt::format("no configuration has {} levels", kDeepest),
                               "check the brackets and the indentation");
            throw Stop{};
        }
        container.faulty = tagged(mark, tag);
        stack_.push_back({std::move(container), {}, {}});
    }

    void close() {
        auto done = std::move(stack_.back().node);
        stack_.pop_back();
        put(std::move(done));
    }

    // VALUE is whole: it goes to where it belongs, which is none when its key is wrong.
    void put(Node value) {
        if (stack_.empty()) {
            root_ = std::move(value);
            return;
        }
        auto& top = stack_.back();
        if (top.node.kind == Node::Kind::list) {
            top.node.items.push_back(std::move(value));
        } else if (top.key.empty()) {
            top.key.push_back(std::move(value));
        } else {
            auto key = std::move(top.key.front());
            top.key.clear();
            // The library gives nothing the place of what comes after it.
            if (value.kind == Node::Kind::null) value.at = key.at;
            if (is_key(top, key)) top.node.members.push_back({std::move(key), std::move(value)});
        }
    }

    bool is_key(Frame& map, const Node& key) {
        if (key.faulty) return false;
        if (key.kind != Node::Kind::scalar) {
            diagnostics_.error(key.at, "a key that is no text", {}, fmt::format("it is {}", key.kind_name()),
                               "write 'key: value'; put text with braces or brackets into quotes");
            return false;
        }
        const auto [first, is_new] = map.places.emplace(key.text, key.at);
        if (!is_new)
            diagnostics_.error(key.at, "a second key", "'" + escape(key.text) + "'",
                               fmt::format("the first is at {}:{}", first->second.line, first->second.column),
                               "remove one of them");
        return is_new;
    }

    std::string_view text_;
    const std::string& file_;
    Diagnostics& diagnostics_;
    std::vector<Frame> stack_;
    Node root_;
    std::size_t nodes_ = 0;
    int documents_ = 0;
};

// What the library says, and what is mostly behind it. LINE is where.
const char* remedy(std::string_view message, std::string_view line) {
    const auto blanks = line.substr(0, line.find_first_not_of(" \t"));
    if (blanks.find('\t') != std::string_view::npos) return "indent with spaces: this line has a tab";
    constexpr std::array<std::pair<std::string_view, const char*>, 8> known{{
        {"end of map not found",
         "check the indentation, and that the line above is 'key: value'; a text that begins with '{' or '[' "
         "needs quotes"},
        {"illegal map value", "put text that has ': ' in it into quotes; check the indentation"},
        {"end of sequence not found", "items of one list begin at one column, each with '- '"},
        {"end of sequence flow", "put the missing ']', and commas between the items"},
        {"end of map flow", "put the missing '}', and commas between the members"},
        {"anchor", "a text that begins with '*' or '&' needs quotes"},
        {"alias", "a text that begins with '*' needs quotes"},
        {"unknown token", "a text that begins with '@', '`' or '%' needs quotes"},
    }};
    for (const auto& [part, meant] : known)
        if (message.find(part) != std::string_view::npos) return meant;
    return "check the indentation, the quotes and the brackets here and on the line above";
}

} // namespace

Node parse_yaml(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
    Node broken;
    broken.at = {file, 1, 1};
    broken.faulty = true;
    if (!check_text(text, file, diagnostics)) return broken;
    Builder builder{text, file, diagnostics};
    try {
        std::istringstream stream{std::string{text}};
        YAML::Parser parser{stream};
        // Twice and no more: on some input the library gives documents for ever.
        if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
        auto root = builder.take();
        if (root.at.line == 0) root.at = {file, 1, 1};
        return root;
    } catch (const Stop&) {
    } catch (const YAML::Exception& e) {
        const Place at = e.mark.is_null() ? Place{file} : Place{file, e.mark.line + 1, e.mark.column + 1};
        diagnostics.error(at, "this is not YAML", {}, escape(e.msg), remedy(e.msg, line_of(text, at.line)));
    } catch (const std::exception& e) {
        diagnostics.error({file}, "the file cannot be parsed", {}, escape(e.what()));
    }
    return broken;
}

} // namespace dmev

// A chess exhibition: a master plays 24 amateurs, 30 pairs of moves at each board. The master takes
// 5 seconds for a move, an amateur 55. Played one board after the other it lasts twelve hours.
// Going from table to table, never waiting for somebody who thinks, the master is done in one hour.
//
// Both are timed here on the virtual clock, which jumps to the next deadline whenever nobody can
// move. The program itself takes a few milliseconds.
#include <simul/simul.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace std::chrono_literals;

constexpr int boards = 24;
constexpr int move_pairs = 30;
constexpr auto masters_move = 5s;
constexpr auto amateurs_move = 55s;

simul::task<> one_board_after_the_other() {
    for (int board = 0; board < boards; ++board) {
        for (int pair = 0; pair < move_pairs; ++pair) {
            co_await simul::sleep(masters_move);
            co_await simul::sleep(amateurs_move); // the master sits and waits
        }
    }
}

simul::task<> amateur_thinks() { co_await simul::sleep(amateurs_move); }

simul::task<> table_to_table() {
    std::vector<simul::join_handle<>> replies;
    for (int board = 0; board < boards; ++board) {
        co_await simul::sleep(masters_move);
        replies.push_back(simul::spawn(amateur_thinks())); // thinks while the master walks on
    }
    for (int pair = 1; pair < move_pairs; ++pair) {
        for (auto& reply : replies) {
            co_await reply; // long since there: a round takes two minutes
            co_await simul::sleep(masters_move);
            reply = simul::spawn(amateur_thinks());
        }
    }
    // The exhibition ends with the master's last move: what the amateurs still think about, run()
    // cancels.
}

simul::task<> time(const char* title, simul::task<> exhibition) {
    const auto start = simul::clock::now();
    co_await std::move(exhibition);
    const std::chrono::hh_mm_ss lasted(
        std::chrono::floor<std::chrono::seconds>(simul::clock::now() - start));
    std::printf("%-26s %2d:%02d:%02d\n", title, static_cast<int>(lasted.hours().count()),
                static_cast<int>(lasted.minutes().count()),
                static_cast<int>(lasted.seconds().count()));
}

int main() {
    simul::run(time("One board after the other:", one_board_after_the_other()),
               {.virtual_time = true});
    simul::run(time("Table to table:", table_to_table()), {.virtual_time = true});
    return std::fclose(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

//! Comments, blank lines and the ends of lines.

use super::Writer;
use crate::constructs::Construct;

impl Writer {
    /// A comment, from its `#` up to the end of the line, which is not written.
    pub(super) fn comment_text(&mut self) {
        let text = self.random.choose(&[
            "# comment",
            "# comment",
            "# comment",
            "#",
            "#!",
            "#tight",
            "##",
            "# # #",
            "#\ttab",
            "# trailing ",
            "# é €",
            "# \u{1F600}",
            "# a: b",
            "# - c",
            "# 'q",
            "# \"q",
            "# [",
            "#{}",
            "# ENC[x]",
            "#---",
            "# \u{a0}",
            "# \u{feff}x",
        ]);
        self.put(text);
        if self.chance(60) {
            // Tells comments apart, so that a wrong owner shows.
            let number = self.fresh();
            self.put(&number.to_string());
        }
        if self.chance(1) {
            self.note(Construct::CommentLong);
            let count = self.random.between(500, 1600);
            let long: String = (0..count).map(|at| if at % 7 == 0 { ' ' } else { 'l' }).collect();
            self.put(&long);
            self.put(".");
        }
    }

    /// The end of a line: perhaps blanks, perhaps a comment noted as `construct`.
    pub(super) fn line_end(&mut self, construct: Construct) {
        // Behind these a tab would be refused.
        let line = &self.out[self.out.rfind('\n').map_or(0, |at| at + 1)..];
        let indicator = line.ends_with(['-', '?']) || line.trim_start_matches([' ', '-', '?']) == ":";
        if self.chance(self.habits.comments / 2) {
            self.note(construct);
            let blanks = self.random.choose(&[" ", " ", " ", "  ", "        ", "\t", " \t"]);
            self.put(if indicator { " " } else { blanks });
            self.comment_text();
        } else if self.chance(4) {
            self.note(Construct::TrailingBlanks);
            let blanks = self.random.choose(&[" ", "  ", "\t", " \t "]);
            self.put(if indicator { "  " } else { blanks });
        }
        self.put("\n");
    }

    /// Blank lines and lines of comments, at the beginning of a line. `indent` is where the next node will
    /// begin; comments stand there or in other columns.
    pub(super) fn filler(&mut self, indent: usize, construct: Construct) {
        let mut blocks = 0;
        let mut again = true;
        while again {
            self.blank_lines();
            if !self.chance(self.habits.comments) {
                break;
            }
            self.note(construct);
            blocks += 1;
            let column = self.comment_column(indent);
            let lines = if self.chance(1) && self.chance(30) {
                self.note(Construct::CommentMany);
                self.random.between(97, 140)
            } else {
                self.random.weighted(&[(6, 1), (3, 2), (1, 3)])
            };
            for _ in 0..lines {
                let column = if self.chance(10) { self.comment_column(indent) } else { column };
                self.pad(column);
                self.comment_text();
                self.put("\n");
            }
            again = self.chance(30);
            if blocks == 2 {
                self.note(Construct::CommentBlocks);
            }
        }
        self.blank_lines();
    }

    fn comment_column(&mut self, indent: usize) -> usize {
        match self.random.weighted(&[(6, 0), (2, 1), (1, 2), (1, 3), (1, 4)]) {
            0 => indent,
            1 => 0,
            2 => indent + 2,
            3 => indent.saturating_sub(2),
            _ => self.random.below(indent + 6),
        }
    }

    /// Perhaps blank lines.
    pub(super) fn blank_lines(&mut self) {
        if !self.chance(self.habits.blanks) {
            return;
        }
        self.note(Construct::BlankLines);
        let lines = if self.chance(1) && self.chance(20) {
            self.random.between(300, 700)
        } else {
            self.random.weighted(&[(6, 1), (2, 2), (1, 4)])
        };
        for _ in 0..lines {
            if self.chance(10) {
                self.note(Construct::TrailingBlanks);
                let blanks = self.random.between(1, 6);
                self.pad(blanks);
            }
            self.put("\n");
        }
    }
}

//! Going on where an importer stopped.

use std::io::Read;

use crate::domain::problem::Problem;
use crate::mapping::decode::Stage;
use crate::mapping::stream::RecordStream;

impl<R: Read> RecordStream<'_, R> {
    /// Passes over the records up to the one of this [`index`](super::Streamed::index) and
    /// [`offset`](super::Streamed::offset), which was the last that is safe: the next is the one after it. The source is
    /// read again from its beginning, but what is passed over is only cut, not read.
    ///
    /// If no record of the source ends at `offset`, it is not the source it was: the stream ends and
    /// [`Self::finish`] says so (`resume-mismatch`).
    pub fn resume_after(&mut self, index: u64, offset: u64) {
        let mut last = (0, 0);
        while let Some(front) = self.ready.front()
            && front.offset <= offset
        {
            last = (front.index, front.offset);
            self.ready.pop_front();
        }
        if last == (index, offset) || index == 0 {
            return;
        }
        if self.ready.is_empty() && self.reading && last.0 < index {
            self.skip = Some((index, offset));
        } else {
            self.mismatch(offset);
        }
    }

    /// How many of the records that end at these bytes are passed over.
    pub(super) fn skipped(&mut self, ends: &[u64]) -> usize {
        let Some((index, offset)) = self.skip else { return 0 };
        let gone = ends.partition_point(|end| *end <= offset);
        let exact = gone > 0 && ends[gone - 1] == offset;
        if exact {
            self.index = index;
            self.good = index;
            self.skip = None;
        } else if gone < ends.len() {
            self.mismatch(offset);
        }
        gone
    }

    pub(super) fn mismatch(&mut self, offset: u64) {
        self.ready.clear();
        self.skip = None;
        let problem = Problem::new(
            "resume-mismatch",
            format!("第 {offset} 字节处没有记录结束：来源已不是原来的来源"),
            format!("no record ends at byte {offset}: the source is not the one it was"),
        );
        self.refuse(Stage::Read, vec![problem]);
    }
}

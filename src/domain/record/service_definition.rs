//! A service for which requests can be made, with the questions it asks (服务事项).

use crate::domain::record::codes::codes;
use crate::domain::record::part::{part, record};

record! {
    /// A service definition (服务事项): one line of an agency's catalogue.
    pub struct ServiceDefinition {
        /// Its code (事项编码).
        must registration_number: String,
        /// Its name (事项名称).
        may name: String,
        /// In words (事项说明).
        may description: String,
        /// How a request for it is taken.
        may mode: ServiceMode,
        /// Whether it asks questions (是否有附加字段).
        may asks: bool,
        /// Words to find it by (关键词).
        many keywords: String,
        /// What it belongs to (分类).
        may group: String,
        /// The questions (附加字段).
        many questions: Question,
    }
}

part! {
    /// One question of a service.
    pub struct Question {
        /// Its code.
        must code: String,
        /// What an answer looks like.
        must form: AnswerForm,
        /// Whether there is no request without an answer.
        may required: bool,
        /// Whether it asks at all; else it only tells something.
        may variable: bool,
        /// Its place among the questions, from 1.
        may position: u32,
        /// The question, or what is told.
        may text: String,
        /// What helps to answer it.
        may help: String,
        /// The options of a list.
        many options: AnswerOption,
    }
}

part! {
    /// One option of a question.
    pub struct AnswerOption {
        /// What an answer says.
        must key: String,
        /// What a person reads.
        may name: String,
    }
}

codes! {
    /// How a request for a service is taken.
    pub enum ServiceMode as "service-mode" {
        /// At once; the number of the request is in the answer.
        Realtime = "realtime" "实时受理",
        /// Later; the answer holds a token, by which the number can be asked for.
        Batch = "batch" "批量受理",
        /// Later, and nobody can ask for the number.
        BlackBox = "black_box" "不可查询",
    }
}

codes! {
    /// What an answer looks like.
    pub enum AnswerForm as "answer-form" {
        /// A line.
        Line = "line" "单行文本",
        /// Several lines.
        Text = "text" "多行文本",
        /// A number.
        Number = "number" "数字",
        /// A date with a time.
        Moment = "moment" "日期时间",
        /// One option.
        OneOption = "one_option" "单选",
        /// Any number of options.
        Options = "options" "多选",
    }
}

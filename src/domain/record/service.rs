//! Services for which requests can be made, as a request names them and answers their questions.

use crate::domain::record::part::part;

part! {
    /// The service that a request is about (服务事项).
    pub struct Service {
        /// Its code (事项编码).
        may code: String,
        /// Its name (事项名称).
        may name: String,
        /// What is done about such a request, and when to expect it (办理说明).
        may notice: String,
        /// The office that does it (责任单位).
        may responsible: String,
    }
}

part! {
    /// The answer to one question of a service.
    pub struct Answer {
        /// The question's code.
        must code: String,
        /// The answer, or the keys of the options chosen.
        many values: String,
    }
}

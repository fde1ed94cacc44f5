//! What a laboratory did and found: methods, instruments, surroundings, and findings as deep as they are stated.
//!
//! A finding is a tested item (检验项目) with its value and its verdict, or a group of findings. The lists of a
//! calibration certificate and the rows of a food test report are both that.

use crate::domain::record::codes::codes;
use crate::domain::record::laboratory::Correspondent;
use crate::domain::record::money::{Quantity, QuantityList};
use crate::domain::record::part::part;
use crate::domain::record::sample::ThingClass;
use crate::domain::record::text::{Date, Moment};
use crate::domain::record::words::{Document, Identification, Passage, Words};

part! {
    /// One round of testing, with all that belongs to it.
    pub struct Measurement {
        /// By which methods (检验方法).
        many methods: Method,
        /// With which software.
        many software: Software,
        /// With which instruments (检验设备).
        many equipment: Equipment,
        /// Under which conditions (环境条件).
        many conditions: Condition,
        /// What was found (检验结果).
        many findings: Finding,
    }
}

part! {
    /// One tested item and what was found (检验项目), or a group of them.
    pub struct Finding {
        /// Its id in the document.
        may id: String,
        /// The id of the finding this one refers to.
        may ref_id: String,
        /// What it means in a vocabulary of the laboratory's.
        may ref_type: String,
        /// What it holds; absent means a value.
        may kind: FindingKind,
        /// Its number in the report (序号).
        may number: String,
        /// The tested item (检验项目).
        may name: String,
        /// The name in several languages.
        many names: Words,
        /// What is to be known of it.
        many description: Words,
        /// The value found (检验结果).
        may value: Quantity,
        /// The same value in other units, where the report gives more than one.
        many equivalents: Quantity,
        /// Many values in a row.
        may series: QuantityList,
        /// The same values in other units.
        many equivalent_series: QuantityList,
        /// What was found, in words (检验结果): `未检出`, `符合`.
        may text: String,
        /// The same in several languages, or a formula.
        many texts: Words,
        /// What is required (标准指标、限量值).
        may limit: Quantity,
        /// What is required, as written (技术要求).
        may limit_text: String,
        /// By which standard it was tested (检验依据).
        may method: String,
        /// Whether it meets what is required (单项判定).
        may verdict: Verdict,
        /// When it was measured.
        may at: Moment,
        /// A file in place of a value.
        may document: Document,
        /// What it is made up of.
        many parts: Finding,
        /// The id in the document of what holds these parts.
        may parts_id: String,
        /// By which methods, where they differ from the round's.
        many methods: Method,
        /// With which software, likewise.
        many software: Software,
        /// Under which conditions, likewise.
        many conditions: Condition,
        /// What is stated about it.
        many statements: Statement,
    }
}

part! {
    /// A method (检验方法).
    pub struct Method {
        /// Its id in the document.
        may id: String,
        /// Its name.
        may name: String,
        /// The name in several languages.
        many names: Words,
        /// The id of the name in the document.
        may names_id: String,
        /// What is done.
        many descriptions: Passage,
        /// The standards it follows (标准号).
        many norms: String,
    }
}

part! {
    /// Software that was used.
    pub struct Software {
        /// Its id in the document.
        may id: String,
        /// Its name.
        many names: Words,
        /// Its version.
        may release: String,
        /// What it does.
        many descriptions: Passage,
    }
}

part! {
    /// An instrument (检验设备).
    pub struct Equipment {
        /// Its id in the document.
        may id: String,
        /// Its name.
        many names: Words,
        /// What class of things it belongs to.
        may class: ThingClass,
        /// What is to be known of it.
        many descriptions: Passage,
        /// Photographs and papers.
        many documents: Document,
        /// The certificate of its own calibration (溯源证书).
        may certificate: ReportReference,
        /// Its maker.
        may maker: Correspondent,
        /// Model.
        may model: String,
        /// Numbers it bears.
        many identifications: Identification,
    }
}

part! {
    /// A condition that has influence on the result (环境条件).
    pub struct Condition {
        /// Its id in the document.
        may id: String,
        /// What it means in a vocabulary of the laboratory's.
        may ref_type: String,
        /// Its name.
        many names: Words,
        /// What is to be known of it.
        many description: Words,
        /// Whether it is that before or after an adjustment or a repair.
        may state: ConditionState,
        /// What was measured.
        many findings: Finding,
        /// The id of that in the document.
        may findings_id: String,
    }
}

part! {
    /// Something stated about a report or a finding: a standard met, a convention, a remark that a standard asks for.
    pub struct Statement {
        /// Its id in the document.
        may id: String,
        /// The countries it holds in, ISO 3166-1.
        many countries: String,
        /// A convention, such as the CIPM MRA.
        may convention: String,
        /// Whether the result is traceable (可溯源).
        may traceable: bool,
        /// The standard that asks for it or is met (标准).
        may norm: String,
        /// The place in that standard.
        may reference: String,
        /// What is declared.
        many declaration: Words,
        /// Whether it holds.
        may valid: bool,
        /// The verdict it gives.
        may verdict: Verdict,
        /// The id of what it is about.
        may ref_id: String,
        /// The day it was made or holds from.
        may on: Date,
        /// How long it holds, ISO 8601.
        may period: String,
    }
}

part! {
    /// Another report, told by its digest.
    pub struct ReportReference {
        /// Its id in the document.
        may id: String,
        /// What it is.
        many reference: Words,
        /// Its number.
        must number: String,
        /// How the digest is made.
        may procedure: String,
        /// The digest, as text.
        may digest: String,
        /// The report that one refers to.
        may linked: Box<ReportReference>,
    }
}

codes! {
    /// What a finding holds.
    pub enum FindingKind as "finding-kind" {
        /// A value.
        Value = "value" "数值",
        /// A group of findings.
        Group = "group" "分组",
        /// Words.
        Text = "text" "文字",
        /// A formula.
        Formula = "formula" "公式",
        /// A file.
        File = "file" "文件",
    }
}

codes! {
    /// When, by an instrument's history, a condition holds.
    pub enum ConditionState as "condition-state" {
        /// Before it was adjusted.
        BeforeAdjustment = "before_adjustment" "调整前",
        /// After it was adjusted.
        AfterAdjustment = "after_adjustment" "调整后",
        /// Before it was repaired.
        BeforeRepair = "before_repair" "修理前",
        /// After it was repaired.
        AfterRepair = "after_repair" "修理后",
    }
}

codes! {
    /// Whether what was found meets what is required.
    pub enum Verdict as "verdict" {
        /// It does.
        Pass = "pass" "合格",
        /// It does not.
        Fail = "fail" "不合格",
        /// It does, but the uncertainty reaches over the limit.
        ConditionalPass = "conditional_pass" "有条件合格",
        /// It does not, but the uncertainty reaches over the limit.
        ConditionalFail = "conditional_fail" "有条件不合格",
        /// It cannot be said that it does.
        NoPass = "no_pass" "不能判定为合格",
        /// It cannot be said that it does not.
        NoFail = "no_fail" "不能判定为不合格",
        /// None was asked for (成分鉴定).
        NotJudged = "not_judged" "不作判定",
    }
}

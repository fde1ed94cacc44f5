//! What a test found, and what the platform did about it (检验结果).
//!
//! Agencies and laboratories send it, and the platform sends it too: its own objection, and what it did with the goods.
//! A report that takes the place of another names it in `supersedes`.

use crate::domain::record::attachment::Attachment;
use crate::domain::record::codes::codes;
use crate::domain::record::laboratory::{Correspondent, Laboratory, Signatory};
use crate::domain::record::measurement::{
    Finding, Measurement, ReportReference, Software, Statement, Verdict,
};
use crate::domain::record::part::{part, record};
use crate::domain::record::sample::{Lot, Sample};
use crate::domain::record::text::{Date, Moment};
use crate::domain::record::words::{Document, Identification};

record! {
    /// An inspection result (检验结果).
    pub struct InspectionResult {
        /// The agency's number of the matter; where it has no other, the report's or the certificate's number. An answer
        /// on the spot does not carry it.
        may registration_number: String,
        /// Where it stands in the course of the matter; absent means the first test.
        preset stage: InspectionStage,
        /// How far the test is; absent means that its report is out.
        may progress: InspectionProgress,
        /// What it is called (检验名称).
        may title: String,
        /// What it is for (检验类型).
        may purpose: InspectionPurpose,
        /// What was tested (样品).
        many samples: Sample,
        /// What is common to all of them.
        may lot: Lot,
        /// Who tested (检验机构).
        may laboratory: Laboratory,
        /// Who ordered the test (委托单位、送检者).
        may customer: Correspondent,
        /// The code of the service that the laboratory charges for (收费项).
        may service_code: String,
        /// By which standards it was judged (检验依据).
        many standards: Standard,
        /// The tested items and what was found (检验项目).
        many items: Finding,
        /// The same with methods, instruments and conditions, where the report gives those.
        many measurements: Measurement,
        /// The verdict on the whole (检验结论).
        may verdict: Verdict,
        /// The same in words (结论说明).
        may conclusion: String,
        /// What is stated about the report.
        many statements: Statement,
        /// The report (检验报告).
        may report: Report,
        /// Who answers for the report (签发人).
        many signatories: Signatory,
        /// When the test was ordered (送检时间).
        may ordered_at: Moment,
        /// The day the test began (检验开始日期).
        may tested_from: Date,
        /// The day the test ended (检验结束日期).
        may tested_until: Date,
        /// The number of the report that this one takes the place of (被替代报告编号).
        may supersedes: String,
        /// Why the result is objected to (异议理由).
        may objection: String,
        /// Who sold the goods, as the platform knows it (经营者信息).
        may seller: Seller,
        /// What the platform did (平台处置).
        many measures: Measure,
        /// The same in words (处置结果).
        may measures_text: String,
        /// With which software the report was made.
        many software: Software,
        /// Further files.
        many documents: Document,
        /// What else the laboratory says, by name (自定义属性).
        many attributes: Attribute,
        /// Remarks (备注).
        may remark: String,
    }
}

impl InspectionResult {
    /// The number its report is known by, where it has one: what a later one names in `supersedes`.
    #[must_use]
    pub fn report_number(&self) -> Option<&str> {
        let report = self.report.as_ref().and_then(|report| report.number.as_deref());
        report.or(self.registration_number.as_deref())
    }

    /// Whether something was found wrong: by the verdict on the whole, or without one by that on any item.
    #[must_use]
    pub fn fails(&self) -> bool {
        let bad =
            |verdict: &Verdict| matches!(verdict, Verdict::Fail | Verdict::ConditionalFail | Verdict::NoPass);
        match &self.verdict {
            Some(verdict) => bad(verdict),
            None => self.items.iter().filter_map(|item| item.verdict.as_ref()).any(bad),
        }
    }
}

part! {
    /// A test report or a certificate (检验报告、校准证书).
    pub struct Report {
        /// Its number (报告编号), where the registration number is another.
        may number: String,
        /// Our peer's id of it (报告ID).
        may id: String,
        /// Further numbers it bears.
        many identifications: Identification,
        /// The date it bears (签发日期).
        may issued_on: Date,
        /// When it was issued (出具报告时间).
        may issued_at: Moment,
        /// The last day it is valid (有效期至).
        may valid_until: Date,
        /// The last moment it is valid, where a time is said (有效到期时间).
        may expires_at: Moment,
        /// The country it is issued in, ISO 3166-1.
        may country: String,
        /// The languages it is written in, ISO 639-1.
        many languages: String,
        /// Those of them that are binding.
        many binding_languages: String,
        /// The report before this one, told by its digest.
        may previous: ReportReference,
        /// The report itself (报告原件).
        may file: Attachment,
    }
}

part! {
    /// A standard (标准).
    pub struct Standard {
        /// Its number (标准号), `GB 2760-2024`.
        may number: String,
        /// Its name (标准名称).
        may name: String,
        /// The place in it (条款).
        may clause: String,
    }
}

part! {
    /// The seller of goods, as the platform knows it (经营者).
    pub struct Seller {
        /// The account on the platform (卖家会员账号).
        may account: String,
        /// The name it is certified by (认证名称).
        may name: String,
        /// The number of its business licence (营业执照编号).
        may licence: String,
        /// Telephone (联系电话).
        may phone: String,
        /// The address it is registered at (注册地址).
        may registered_address: String,
        /// The address it sends from (发货地址).
        may ships_from: String,
    }
}

part! {
    /// Something the platform did (处置措施).
    pub struct Measure {
        /// What.
        must kind: MeasureKind,
        /// To which listing (商品编号、链接).
        may listing: String,
        /// When.
        may at: Moment,
        /// In words.
        may text: String,
        /// What shows it.
        may evidence: Attachment,
    }
}

part! {
    /// Something said under a name of its own.
    pub struct Attribute {
        /// The name.
        must name: String,
        /// What is said.
        must value: String,
    }
}

codes! {
    /// Where a result stands in the course of the matter.
    #[derive(Default)]
    pub enum InspectionStage as "inspection-stage" {
        /// The first test.
        #[default]
        First = "first" "初检",
        /// Somebody objects to its result.
        Objection = "objection" "异议",
        /// The test was made again.
        Retest = "retest" "复检",
        /// The result that holds.
        Final = "final" "最终结果",
        /// No test: what the platform knows of the goods, and what it did.
        Handling = "handling" "平台处置",
    }
}

codes! {
    /// How far a test is.
    pub enum InspectionProgress as "inspection-progress" {
        /// It was asked for.
        Ordered = "ordered" "已提交申请",
        /// The laboratory has the sample.
        SampleReceived = "sample_received" "已收到样品",
        /// The result is known.
        Tested = "tested" "已出检测结果",
        /// The report is out.
        Reported = "reported" "已出具报告",
    }
}

codes! {
    /// What a test is for.
    pub enum InspectionPurpose as "inspection-purpose" {
        /// A spot check by an agency or by the platform.
        SpotCheck = "spot_check" "抽检",
        /// To watch a risk, without a verdict in law.
        RiskMonitoring = "risk_monitoring" "风险监测",
        /// Somebody ordered it for their own ends.
        Entrusted = "entrusted" "委托检验",
        /// A calibration.
        Calibration = "calibration" "校准",
        /// To be let into a group-buying event.
        GroupBuying = "group_buying" "聚划算",
        /// For the mark of consumer protection.
        ConsumerProtection = "consumer_protection" "消费者保障",
        /// To be let into distribution.
        Distribution = "distribution" "分销",
        /// Data from shops off the line.
        Offline = "offline" "线下数据",
        /// To open a shop, or to keep it open.
        Admission = "admission" "入驻续签",
        /// A buyer disputes the quality.
        Dispute = "dispute" "买家质检维权",
        /// A visit on the spot.
        SiteVisit = "site_visit" "实地验证",
        /// Whether the goods of an order are genuine.
        Authentication = "authentication" "订单商品鉴定",
        /// Threefold compensation for counterfeits.
        CounterfeitCompensation = "counterfeit_compensation" "假一赔三",
        /// Something else.
        Other = "other" "其他",
    }
}

codes! {
    /// What the platform did about a result.
    pub enum MeasureKind as "measure-kind" {
        /// The goods were taken off sale.
        Delisted = "delisted" "下架",
        /// The brand was removed from the platform.
        BrandRemoved = "brand_removed" "清退品牌",
        /// The seller was told.
        SellerTold = "seller_told" "通知商家",
        /// The goods were called back from the buyers.
        Recalled = "recalled" "召回",
        /// The buyers were warned.
        BuyersWarned = "buyers_warned" "消费警示",
        /// The shop was restricted.
        ShopRestricted = "shop_restricted" "限制店铺",
        /// Something else, said in `text`.
        Other = "other" "其他",
    }
}

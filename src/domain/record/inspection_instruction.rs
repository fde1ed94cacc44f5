//! An agency's word to have goods on the platform sampled and tested (抽检指令).

use crate::domain::record::codes::codes;
use crate::domain::record::due::Due;
use crate::domain::record::goods::Goods;
use crate::domain::record::inspection_result::{InspectionPurpose, Standard};
use crate::domain::record::laboratory::Laboratory;
use crate::domain::record::letter::Letter;
use crate::domain::record::money::Quantity;
use crate::domain::record::part::{part, record};

record! {
    /// An inspection instruction (抽检指令): opens a case.
    pub struct InspectionInstruction {
        /// The agency's number of the matter; where it has no other, the letter's number (文号).
        must registration_number: String,
        /// What the agency calls it (任务名称).
        may title: String,
        /// What it is for (抽检类型).
        may purpose: InspectionPurpose,
        /// Why (抽检原因).
        may reason: String,
        /// What is to be sampled (抽检对象).
        many items: SamplingItem,
        /// By which standards it is to be judged (检验依据).
        many standards: Standard,
        /// Which properties are to be tested (检验项目).
        many properties: String,
        /// Who tests (检验机构).
        may laboratory: Laboratory,
        /// How the samples are taken (抽样方式).
        may sampling: SamplingMethod,
        /// The marketplace it is addressed to (接收平台), a short word of the profile's.
        may platform: String,
        /// The letter (函件): its number, its body, contact, telephone, the file.
        may letter: Letter,
        /// The letter of the office the matter began at (原始函).
        may origin: Letter,
        /// The letters between those two, in order (转办链).
        many sender_chain: Letter,
        /// Until when (完成期限).
        may due: Due,
        /// Remarks (备注信息).
        may remark: String,
    }
}

part! {
    /// What is to be sampled: goods, whatever a shop sells, or a category.
    pub struct SamplingItem {
        /// Its number in the agency's list (序号).
        may number: String,
        /// The goods: name, item id, listing, category, batch (商品).
        may goods: Goods,
        /// The seller's account on the platform (商家会员账号).
        may account: String,
        /// The shop's id on the platform (店铺编号).
        may shop_id: String,
        /// The shop's name on the platform (店铺名称).
        may shop_name: String,
        /// The seller's name (经营者名称).
        may seller_name: String,
        /// How many or how much to take (抽样数量).
        may quantity: Quantity,
        /// How much of it to keep back for a re-test (备样数量).
        may reserve: Quantity,
        /// Remarks (备注).
        may remark: String,
    }
}

codes! {
    /// How samples are taken.
    pub enum SamplingMethod as "sampling-method" {
        /// Bought on the platform as a consumer would.
        Purchase = "purchase" "网络买样",
        /// Taken from the seller's stock.
        Stock = "stock" "库存抽样",
        /// Taken at the maker's.
        Producer = "producer" "生产企业抽样",
        /// Sent in by the seller.
        Submitted = "submitted" "送样",
        /// Another way.
        Other = "other" "其他",
    }
}

//! What was taken to be tested.

use crate::domain::record::goods::Goods;
use crate::domain::record::laboratory::Correspondent;
use crate::domain::record::money::Quantity;
use crate::domain::record::order::Order;
use crate::domain::record::part::part;
use crate::domain::record::text::{Date, Moment};
use crate::domain::record::words::{Document, Identification, Passage, Words};

part! {
    /// One sample (样品).
    pub struct Sample {
        /// Its id in the document.
        may id: String,
        /// Its number (样品编号).
        may number: String,
        /// What it is (样品名称).
        may name: String,
        /// The name in several languages.
        many names: Words,
        /// What class of things it belongs to, in somebody's vocabulary.
        may class: ThingClass,
        /// What is to be known of it (样品描述).
        may description: String,
        /// The same in several languages.
        many descriptions: Passage,
        /// The goods it was taken from (商品).
        may goods: Goods,
        /// Its maker (生产者).
        may maker: Correspondent,
        /// Model and specification, where it is no goods of the platform's (规格型号).
        may model: String,
        /// Numbers it bears (编号).
        many identifications: Identification,
        /// How many or how much of it (样品数量).
        may quantity: Quantity,
        /// How much of it is kept back for a re-test (备样数量).
        may reserve: Quantity,
        /// The order it was bought by (买样订单).
        may order: Order,
        /// Where it was bought or taken (抽样地点).
        may place: String,
        /// When it was bought (买样时间).
        may bought_at: Moment,
        /// By whom (买样人).
        may bought_by: String,
        /// When it was taken (抽样时间).
        may taken_at: Moment,
        /// The day it was taken, where no time is said (抽样日期).
        may taken_on: Date,
        /// By whom (抽样人).
        may taken_by: String,
        /// The number of its seal (封样编号).
        may seal_number: String,
        /// When it was sealed (封样时间).
        may sealed_at: Moment,
        /// When the laboratory got it (收样时间).
        may received_at: Moment,
        /// The day the laboratory got it, where no time is said (收样日期).
        may received_on: Date,
        /// In what state it arrived (样品状态).
        may state: String,
        /// Photographs and papers.
        many documents: Document,
    }
}

part! {
    /// What is common to all samples (整批样品).
    pub struct Lot {
        /// Their name, in several languages.
        many names: Words,
        /// What class of things they belong to.
        may class: ThingClass,
        /// What is to be known of them.
        many description: Words,
        /// Who owns them (所有者).
        may owner: Correspondent,
        /// Numbers they bear together.
        many identifications: Identification,
        /// The day the laboratory got them (收样日期).
        may received_on: Date,
    }
}

part! {
    /// A class in somebody's vocabulary.
    pub struct ThingClass {
        /// Its id in the document.
        may id: String,
        /// Whose vocabulary.
        may reference: String,
        /// The class in it.
        must value: String,
    }
}

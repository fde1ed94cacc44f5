//! The order on the platform that a complaint is about.

use crate::domain::record::codes::codes;
use crate::domain::record::goods::Goods;
use crate::domain::record::money::Money;
use crate::domain::record::part::part;
use crate::domain::record::party::Party;
use crate::domain::record::text::Moment;

part! {
    /// An order (订单).
    pub struct Order {
        /// Its number (订单编号), as text: 27 digits and leading zeros stay.
        may number: String,
        /// The seller's own number of it (商户订单号).
        may merchant_number: String,
        /// Where it stands, as its keeper words it (订单状态).
        may state: String,
        /// When it was placed (下单时间).
        may placed_at: Moment,
        /// When it was paid (付款时间).
        may paid_at: Moment,
        /// When the goods arrived (收货时间).
        may received_at: Moment,
        /// The marketplace it was placed on (交易平台), a short word of the profile's.
        may platform: String,
        /// The way it was sold.
        may channel: OrderChannel,
        /// What was bought (商品).
        many goods: Goods,
        /// What the goods cost (订单金额).
        may total: Money,
        /// What was paid (实付金额).
        may paid: Money,
        /// Who bought (订购人).
        may buyer: Party,
        /// Who sold (销售者).
        may seller: Party,
        /// Carriage (运杂费).
        may freight: Money,
        /// What was taken off the price (优惠减免金额).
        may discount: Money,
        /// Taxes paid with it (代扣税款).
        may tax: Money,
        /// The carrier's number (运单号).
        may logistics_number: String,
        /// To whom and where it was sent (收货人).
        may consignee: Party,
        /// Remarks (备注).
        may remark: String,
    }
}

codes! {
    /// The way something was sold.
    pub enum OrderChannel as "order-channel" {
        /// A shop on a marketplace.
        Shop = "shop" "平台店铺",
        /// The platform itself.
        SelfOperated = "self_operated" "平台自营",
        /// Group buying.
        GroupBuy = "group_buy" "团购",
        /// A live broadcast.
        Live = "live" "直播带货",
        /// Between private persons.
        SecondHand = "second_hand" "闲置交易",
        /// Another one.
        Other = "other" "其他",
    }
}

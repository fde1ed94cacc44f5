//! An account with an institution, as a lead names it.

use crate::domain::record::part::part;
use crate::domain::record::text::{Date, Decimal};

part! {
    /// An account with a bank or another institution (账户).
    pub struct LeadAccount {
        /// The account's number (账号).
        must number: String,
        /// The institution's name (开户机构).
        may institution: String,
        /// The institution's number (机构代码).
        may institution_code: String,
        /// The institution's code under ISO 9362 (SWIFT 代码).
        may swift: String,
        /// The institution's country (机构所在国).
        may institution_country: String,
        /// Whether the institution is no bank (非银行机构).
        may non_bank: bool,
        /// The branch (开户网点).
        may branch: String,
        /// Its currency (币种), ISO 4217 or the agency's own word.
        may currency: String,
        /// Its number under ISO 13616 (国际银行账号).
        may iban: String,
        /// The client's number with the institution (客户号).
        may client_number: String,
        /// What sort of account it is (账户类型), in the words or codes of whoever says it.
        may kind: String,
        /// Whether that is a sort of personal account (个人账户类型), where the format tells the two apart.
        may personal_kind: String,
        /// When it was opened (开户日期).
        may opened_on: Date,
        /// When it was closed (销户日期).
        may closed_on: Date,
        /// How much is on it (余额), in its currency, as written: institutions state more places than a currency has.
        may balance: Decimal,
        /// On which day (余额日期).
        may balance_on: Date,
        /// How it stands (账户状态), in the words or codes of whoever says it.
        may status: String,
        /// Since when (状态日期).
        may status_on: Date,
        /// Who benefits from it (受益人).
        may beneficiary: String,
        /// More on that (受益人说明).
        may beneficiary_remark: String,
        /// Whether it collects for others (归集账户).
        may collecting: bool,
    }
}

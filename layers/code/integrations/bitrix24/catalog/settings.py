"""Settings of the catalogue: part of the connection's settings."""

from __future__ import annotations

from pydantic import BaseModel, Field


class CatalogSettings(BaseModel):
    """What the connection's settings say about the catalogue and the stock."""

    catalog_id: int | None = Field(
        default=None,
        title="Catalogue",
        description="Id of the catalogue of goods; needed only where the portal has several.",
        json_schema_extra={"directory": "catalogues"},
    )
    key_owner: str | None = Field(
        default=None,
        title="External codes belong to",
        description="Id of the connection whose keys are the external codes (XML_ID) of goods,"
        " sections, price types and warehouses. Keys of other connections get its id in front."
        " Empty: all are taken as they are.",
    )
    article_property: str = Field(
        default="CML2_ARTICLE",
        title="Property of the article",
        description="Code of the property that holds a good's article.",
    )
    barcode_property: str = Field(
        default="CML2_BAR_CODE",
        title="Property of the barcodes",
        description="Code of the property that holds a good's barcodes.",
    )
    adds_list_values: bool = Field(
        default=True,
        title="Add list values",
        description="A value that a list property lacks is added; otherwise the good waits.",
    )
    no_vat_id: int | None = Field(
        default=None,
        title="VAT rate for «without VAT»",
        description="Id of the portal's VAT rate that means «without VAT», which is not 0 %.",
        json_schema_extra={"directory": "VAT rates"},
    )
    currency: str = Field(
        default="RUB",
        min_length=3,
        max_length=3,
        title="Currency",
        description="Of prices that name none, and of inventory documents.",
        json_schema_extra={"directory": "currencies"},
    )
    stock_user: int | None = Field(
        default=None,
        title="Responsible for stock documents",
        description="Id of the user in whose name inventory documents are made. Empty: the user"
        " of the inbound webhook.",
        json_schema_extra={"directory": "users"},
    )
    summed_warehouses: list[str] = Field(
        default_factory=list,
        title="Warehouses that are summed",
        description="Without inventory management a good has one quantity. Keys of the other"
        " side's warehouses whose sum it is; they must come together.",
    )

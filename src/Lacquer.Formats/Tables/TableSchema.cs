using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Tables;

/// <summary>How a column of a database is written in a table for others. What SQLite holds as packed bytes or numbers gets its written form.</summary>
public enum TableForm
{
    /// <summary>A 64-bit integer.</summary>
    Integer,

    /// <summary>A 64-bit floating-point number.</summary>
    Real,

    /// <summary>Text.</summary>
    Text,

    /// <summary>Bytes, as lower-case hexadecimal digits.</summary>
    Hex,

    /// <summary>Ten bytes, as <see cref="EntityId"/> is written: <c>rec-</c>, <c>rel-</c> or <c>art-</c> and 16 letters.</summary>
    Id,

    /// <summary>Sixteen bytes, as a UUID is written (RFC 9562).</summary>
    Uuid,

    /// <summary>A packed <see cref="Identity.Isrc"/>, as its twelve characters.</summary>
    Isrc,
}

/// <summary>A column.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Form">How it is written.</param>
/// <param name="IsRequired">Whether every row has a value.</param>
public sealed record TableColumn(string Name, TableForm Form, bool IsRequired);

/// <summary>A column whose values are those of another table's column.</summary>
/// <param name="Column">The column.</param>
/// <param name="Table">The other table.</param>
/// <param name="OtherColumn">Its column.</param>
public sealed record TableReference(string Column, string Table, string OtherColumn);

/// <summary>A table or view, as the database itself describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsView">Whether it is a view.</param>
/// <param name="Columns">Its columns, in order.</param>
/// <param name="PrimaryKey">The columns of its primary key, in the key's order; none for a view.</param>
/// <param name="References">The references that the database declares.</param>
public sealed record TableSchema(string Name, bool IsView, IReadOnlyList<TableColumn> Columns, IReadOnlyList<string> PrimaryKey, IReadOnlyList<TableReference> References)
{
    /// <summary>What an id in this table names.</summary>
    internal EntityKind Kind => Name switch { "artist" => EntityKind.Artist, "release" => EntityKind.Release, _ => EntityKind.Recording };
}

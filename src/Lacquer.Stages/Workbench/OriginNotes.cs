namespace Lacquer.Stages.Workbench;

/// <summary>Names under which a mirror's ledger remembers where it came from.</summary>
internal static class OriginNotes
{
    /// <summary>The edition's address; a ledger that has none is no mirror's.</summary>
    public const string Address = "origin_address";

    /// <summary>The publisher's key.</summary>
    public const string Key = "origin_key";
}

using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Cataloguing.Checking;

/// <summary>What to check.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="Sample">How many records, drawn evenly over all accessions; null: every one.</param>
public sealed record CatalogueCheckRequest(string Archive, int? Sample = 1000);

/// <summary>How often a field of one source came back.</summary>
/// <param name="Source">The source's name.</param>
/// <param name="Field">The field.</param>
/// <param name="Same">As the source says it.</param>
/// <param name="AnotherLeads">As another record says it, which comes earlier and speaks of the same.</param>
/// <param name="Lost">Neither.</param>
public sealed record CheckedField(string Source, string Field, long Same, long AnotherLeads, long Lost);

/// <summary>One value that did not come back.</summary>
/// <param name="Source">The record's source.</param>
/// <param name="Accession">Its accession.</param>
/// <param name="Offset">Where its line begins.</param>
/// <param name="Entity">What it speaks of.</param>
/// <param name="Field">Which field.</param>
/// <param name="Said">The record's value.</param>
/// <param name="Held">The catalogue's, or "".</param>
/// <param name="Leads">Whose value the catalogue holds, as <c>source/accession at offset</c>, or the withdrawal that took it out; null where neither.</param>
public sealed record CheckedValue(string Source, int Accession, long Offset, EntityId Entity, string Field, string Said, string Held, string? Leads);

/// <summary>What a check found. Records are those that are the same, that differ, that are lost, superseded and set aside, together.</summary>
/// <param name="Catalogue">The catalogue's name.</param>
/// <param name="IsSample">Whether only some records were looked at.</param>
/// <param name="Records">How many were.</param>
/// <param name="Same">All of whose values are the catalogue's.</param>
/// <param name="Differing">Of which some value gave way to another record's.</param>
/// <param name="Lost">Of which some value is nowhere: a fault of the build, or of the file.</param>
/// <param name="Superseded">In whose place a later record of the same source stands.</param>
/// <param name="SetAside">That cannot be read as records.</param>
/// <param name="Tracks">Tracks compared.</param>
/// <param name="Fields">By source and field.</param>
/// <param name="Led">The first values that gave way.</param>
/// <param name="Missing">The first values that are lost.</param>
/// <param name="Findings">Accessions that cannot be read whole, or whose counts are not the catalogue's.</param>
public sealed record CatalogueCheckReport(
    string Catalogue, bool IsSample, long Records, long Same, long Differing, long Lost, long Superseded, long SetAside, long Tracks,
    IReadOnlyList<CheckedField> Fields, IReadOnlyList<CheckedValue> Led, IReadOnlyList<CheckedValue> Missing, IReadOnlyList<Finding> Findings)
{
    /// <summary>Whether nothing is lost.</summary>
    public bool IsWhole => Lost == 0 && Findings.Count == 0;
}

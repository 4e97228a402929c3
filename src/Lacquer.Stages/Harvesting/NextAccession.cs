using System.Security.Cryptography;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Sources;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Harvesting;

/// <summary>The accession that a harvest is about to make: its number, its file and its sealing. What killed runs of the source left and nothing can take up is removed.</summary>
internal sealed class NextAccession
{
    private readonly OpenArchive _archive;
    private readonly string _source;
    private readonly string _final;

    private NextAccession(OpenArchive archive, string source, int number, AccessionRow? before)
    {
        (_archive, _source, Number, Before) = (archive, source, number, before);
        _final = archive.Layout.Accession(source, number);
        Partial = _final + Durable.Partial;
    }

    /// <summary>Its number.</summary>
    public int Number { get; }

    /// <summary>The file to write it to.</summary>
    public string Partial { get; }

    /// <summary>The source's last accession, or null.</summary>
    public AccessionRow? Before { get; }

    /// <summary>The next of a source.</summary>
    public static NextAccession Of(OpenArchive archive, string source)
    {
        var accessions = archive.Ledger.Accessions();
        var next = new NextAccession(archive, source, accessions.Count == 0 ? 1 : accessions[^1].Number + 1, accessions.LastOrDefault(a => a.Source == source));
        var folder = Path.GetDirectoryName(next._final)!;
        Directory.CreateDirectory(folder);
        // What a killed run of this source left under a number that another accession has taken since; or sealed before its ledger entry, to be made again from what the source says now.
        var known = accessions.Where(a => a.Source == source).Select(a => archive.Layout.Accession(a.Source, a.Number)).Append(next.Partial).Append(HarvestCursor.PathOf(next.Partial)).ToHashSet(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(folder).Where(f => !known.Contains(f)).ToList())
            File.Delete(file);
        return next;
    }

    /// <summary>Gives the written file its name and enters it in the ledger.</summary>
    public async Task SealAsync(string adapter, string location, long records, IReadOnlyList<Finding> findings, CancellationToken stop)
    {
        Sha256Digest sha256;
        long length;
        using (var sealing = File.OpenRead(Partial))
        {
            length = sealing.Length;
            sha256 = new Sha256Digest(await SHA256.HashDataAsync(sealing, stop).ConfigureAwait(false));
        }

        Durable.Rename(Partial, _final);
        _archive.Ledger.AddAccession(new AccessionRow(Number, _source, adapter, location, records, length, sha256), findings);
    }

    /// <summary>A source's name made from any text.</summary>
    public static string SourceName(string text)
    {
        var letters = text.ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '.' ? c : '-').ToArray();
        var name = new string(letters).Trim('-', '.');
        return name.Length == 0 ? "folder" : name.Length > 64 ? name[..64].Trim('-', '.') : name;
    }

    /// <summary>Refuses what cannot be a source's name.</summary>
    public static void MustBeName(string source)
    {
        if (source.Length is 0 or > 64 || source != SourceName(source))
            throw new LacquerException(Failure.Usage, $"a source cannot be called '{source}'", "use letters a-z, digits, dots and hyphens: --source my-collection");
    }
}

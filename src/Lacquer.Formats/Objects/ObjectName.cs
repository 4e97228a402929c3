using System.Diagnostics.CodeAnalysis;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Formats.Objects;

/// <summary>What an object is called.</summary>
/// <param name="Root">Its pieces root (BEP 52).</param>
/// <param name="Extension">One of <see cref="ObjectExtensions.All"/>.</param>
public sealed record ObjectName(PiecesRoot Root, string Extension)
{
    /// <summary><c>abcdef….ogg</c>.</summary>
    public string FileName => $"{Root}.{Extension}";

    /// <summary>Its place in every store: <c>ab/abcdef….ogg</c>.</summary>
    public string Key => $"{Root.ToString()[..2]}/{FileName}";

    /// <summary>The name of an object in the ledger.</summary>
    public static ObjectName Of(ObjectRow obj) => new(obj.Root, obj.Extension);

    /// <summary>Reads a <see cref="FileName"/>, written as we write it and no other way.</summary>
    public static bool TryParse(string fileName, [NotNullWhen(true)] out ObjectName? name)
    {
        name = fileName.Split('.') is [var root, var extension] && ObjectExtensions.All.Contains(extension) && Sha256Digest.TryParse(root, out var digest) ? new ObjectName(new PiecesRoot(digest), extension) : null;
        if (name?.FileName != fileName)
            name = null;
        return name is not null;
    }

    /// <summary>Reads a <see cref="Key"/>.</summary>
    public static bool TryParseKey(string key, [NotNullWhen(true)] out ObjectName? name) => TryParse(key[(key.LastIndexOf('/') + 1)..], out name) && name.Key == key;
}

using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Objects;

/// <summary>
/// Where an archive's audio lies. An object is there under its name, whole, or it is not there. What is written is in the store for good when the call returns; what is read is not believed
/// before its hash is checked (<see cref="VerifiedStream"/>). For any number of threads at once, and of processes: who writes an object writes the same bytes as everybody else.
/// </summary>
/// <remarks>Every member throws <see cref="LacquerException"/> where the store cannot be reached or refuses: that an object is missing is said only by a store that answers.</remarks>
public interface IObjectStore : IDisposable
{
    /// <summary>The object's file, where the store is a folder of this machine; null where it is not. It need not be there.</summary>
    string? FileOf(ObjectName name);

    /// <summary>Takes in a finished file, in place of what may be there by that name. The file is the store's afterwards.</summary>
    /// <param name="name">The object's name.</param>
    /// <param name="file">The file, flushed, and hashed when it was written.</param>
    /// <param name="sha256">Its SHA-256, which is compared with what the store gives back where the bytes had a way to go.</param>
    /// <param name="cancel">Ends it; the object is then there whole or not at all.</param>
    /// <exception cref="LacquerException">The store cannot be reached, or gives back other bytes.</exception>
    Task PutAsync(ObjectName name, string file, Sha256Digest sha256, CancellationToken cancel);

    /// <summary>Opens an object to read; null where it is missing. The stream can seek, and what is not read is not fetched.</summary>
    Task<Stream?> OpenAsync(ObjectName name, CancellationToken cancel);

    /// <summary>An object's length in bytes; null where it is missing.</summary>
    Task<long?> LengthAsync(ObjectName name, CancellationToken cancel);

    /// <summary>Removes an object, and what may be left of an unfinished write of it. One that is missing is none to complain of.</summary>
    Task DeleteAsync(ObjectName name, CancellationToken cancel);

    /// <summary>The names of all objects, in the order of their keys. Whatever else lies there is passed over.</summary>
    IAsyncEnumerable<ObjectName> ListAsync(CancellationToken cancel);
}
